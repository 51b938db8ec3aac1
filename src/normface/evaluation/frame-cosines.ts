import { type Features, featureCount } from './features.ts';
import { type Matrix, rowProducts } from './matrix.ts';

/** Bins of a histogram of cosines: width 0.02 on [−1, 1]. */
export const histogramBins = 100;

/**
 * Cosines between all frames of one video and all of another, [frames of first, frames of second], once for each centre that is
 * subtracted from all frames before they are normalised; a frame that equals the centre has cosine 0 with everything.
 *
 * The products of frames are made once for all centres: with shifted frames x, y and the small rest δ of a centre,
 * ⟨x − δ, y − δ⟩ = ⟨x, y⟩ − ⟨x, δ⟩ − ⟨y, δ⟩ + |δ|². The shift is the mean of the centres, so that little is lost in the differences.
 */
export function frameCosines(
  first: Features,
  second: Features,
  centres: readonly Float64Array[] = [new Float64Array(first.dimension)],
): Matrix[] {
  const shift = centres[0]!.map(
    (_, k) => centres.reduce((sum, centre) => sum + centre[k]!, 0) / centres.length,
  );
  const x = shifted(first, shift);
  const y = shifted(second, shift);
  const products = rowProducts(x, y);
  return centres.map((centre) => {
    const rest = { rows: 1, columns: shift.length, values: centre.map((value, k) => value - shift[k]!) };
    const [square] = rowProducts(rest, rest).values;
    const [ofX, ofY] = [x, y].map((frames) => fromCentre(frames, rest, square!));
    const values = new Float64Array(products.values.length);
    for (let row = 0; row < x.rows; row++) {
      for (let column = 0; column < y.rows; column++) {
        const at = row * y.rows + column;
        const dot = products.values[at]! - ofX!.along[row]! - ofY!.along[column]! + square!;
        values[at] = Math.min(1, Math.max(-1, dot * ofX!.inverse[row]! * ofY!.inverse[column]!));
      }
    }
    return { ...products, values };
  });
}

function shifted(features: Features, shift: Float64Array): Matrix {
  const { dimension } = features;
  const values = new Float64Array(features.values.length);
  for (let at = 0; at < values.length; at++) values[at] = features.values[at]! - shift[at % dimension]!;
  return { rows: featureCount(features), columns: dimension, values };
}

/** ⟨x, δ⟩ and 1 / |x − δ| of every row; 0 for a row that is δ up to rounding. */
function fromCentre(frames: Matrix, rest: Matrix, square: number) {
  const along = rowProducts(frames, rest).values;
  const inverse = new Float64Array(frames.rows);
  for (let row = 0; row < frames.rows; row++) {
    let norm = 0;
    for (let k = 0; k < frames.columns; k++) norm += frames.values[row * frames.columns + k]! ** 2;
    const distance = norm - 2 * along[row]! + square;
    inverse[row] = distance > 1e-14 * (norm + square) ? 1 / Math.sqrt(distance) : 0;
  }
  return { along, inverse };
}

/** Shares of cosines in each bin; they add up to 1. A cosine of 1 belongs to the last bin. */
export function cosineHistogram(cosines: Float64Array): Float64Array {
  const histogram = new Float64Array(histogramBins);
  const perUnit = histogramBins / 2;
  for (const cosine of cosines) {
    histogram[Math.min(histogramBins - 1, Math.floor((cosine + 1) * perUnit))]! += 1 / cosines.length;
  }
  return histogram;
}
