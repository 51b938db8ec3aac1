import { hash32 } from '../../core/random.ts';
import type { SampleMargin } from './sample_margin.ts';

/** A margin with numbers in place of the tensor of AdaFace. */
export type SampleMarginNumbers =
  | (Omit<Extract<SampleMargin, { kind: 'adaptive' }>, 'running'> & {
      readonly running: readonly [mean: number, deviation: number];
    })
  | Exclude<SampleMargin, { kind: 'adaptive' }>;

/** What margins of a batch are made of. */
export interface MarginBatch {
  /** ‖f‖ of each sample. */
  readonly norms: readonly number[];
  /** Cosines to the own classes. */
  readonly cosines: readonly number[];
  /** Of `setRandom`. */
  readonly seed?: number;
  readonly step?: number;
  /** Number of the first sample in the whole batch. */
  readonly firstRow?: number;
}

const between = (value: number, [least, most]: readonly [number, number]): number =>
  Math.min(most, Math.max(least, value));

const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** μ and σ of AdaFace after a batch. */
export function movedNormsReference(
  norms: readonly number[],
  { alpha = 0.01, running: [mean, deviation] }: Extract<SampleMarginNumbers, { kind: 'adaptive' }>,
): [number, number] {
  const lengths = norms.map((norm) => between(norm, [0.001, 100]));
  const middle = meanOf(lengths);
  const squares = lengths.reduce((sum, length) => sum + (length - middle) ** 2, 0);
  const own = lengths.length > 1 ? Math.sqrt(squares / (lengths.length - 1)) : deviation;
  return [alpha * middle + (1 - alpha) * mean, alpha * own + (1 - alpha) * deviation];
}

/** The margin of every sample of a batch: AdaFace's g, the angle of MagFace, what ElasticFace draws. */
export function sampleMarginsReference(margin: SampleMarginNumbers, batch: MarginBatch): number[] {
  const { norms, cosines, seed = 0, step = 0, firstRow = 0 } = batch;
  switch (margin.kind) {
    case 'adaptive': {
      const [mean, deviation] = movedNormsReference(norms, margin);
      const { margin: m, concentration: h = 0.333 } = margin;
      return norms.map(
        (norm) => -m * between((h * (between(norm, [0.001, 100]) - mean)) / (deviation + 0.001), [-1, 1]),
      );
    }
    case 'magnitude': {
      const [[low, high], [least, most]] = [margin.margins, margin.norms];
      return norms.map(
        (norm) => low + ((high - low) * (between(norm, [least, most]) - least)) / (most - least),
      );
    }
    case 'elastic': {
      const { margin: m, deviation, assignment = 'random', clamped = false } = margin;
      const drawn = norms.map((_, i) => {
        const uniform = (k: number) => (hash32(seed, step, 0, 2 * (firstRow + i) + k) >>> 8) / 2 ** 24;
        const normal = Math.sqrt(-2 * Math.log(uniform(0) + 2 ** -25)) * Math.cos(2 * Math.PI * uniform(1));
        return m + deviation * (clamped ? between(normal, [-1, 1]) : normal);
      });
      if (assignment === 'random') return drawn;
      const sorted = [...drawn].sort((a, b) => a - b);
      const byCosine = cosines.map((_, i) => i).sort((i, j) => cosines[j]! - cosines[i]! || i - j);
      if (assignment === 'released') return byCosine.map((sample) => sorted[sample]!);
      const given = new Array<number>(drawn.length);
      byCosine.forEach((sample, place) => {
        given[sample] = sorted[place]!;
      });
      return given;
    }
  }
}

/** What stands for the cosine to the own class, from the definitions with angles. @param m the sample's margin */
export function sampleMarginedReference(margin: SampleMarginNumbers, cosine: number, m: number): number {
  const angle = Math.acos(between(cosine, [-1, 1]));
  switch (margin.kind) {
    case 'adaptive':
      return Math.cos(between(angle + m, [0.001, Math.PI - 0.001])) - (margin.margin - m);
    case 'magnitude':
      if (margin.easy ?? true) return cosine > 0 ? Math.cos(angle + m) : cosine;
      return angle + m < Math.PI ? Math.cos(angle + m) : cosine - m * Math.sin(m);
    case 'elastic':
      return margin.of === 'cosine' ? cosine - m : Math.cos(angle + m);
  }
}

/** What a margin adds to the loss. */
export function regulariserReference(margin: SampleMarginNumbers, norms: readonly number[]): number {
  if (margin.kind !== 'magnitude') return 0;
  const { norms: bounds, regulariser = 35 } = margin;
  return (
    regulariser *
    meanOf(
      norms.map((norm) => {
        const a = between(norm, bounds);
        return a / bounds[1] ** 2 + 1 / a;
      }),
    )
  );
}
