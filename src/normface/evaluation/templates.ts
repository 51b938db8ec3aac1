/** Features of templates: sets of images of one person, pooled into one feature. */

import type { Table } from '../../common/table.ts';
import type { TemplateList, TemplatePairs } from '../data/protocols/templates.ts';
import { type Features, featureCount } from './features.ts';
import { type TarAtFar, tarAtFar } from './roc.ts';
import { splitScores } from './threshold.ts';

/** False accept rates in tables of IJB-B and IJB-C. */
export const templateFars = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1] as const;

/**
 * One feature of length 1 for each template: features of the images of a medium are averaged, the means of the media added, and the
 * sum normalised, so that a video of a hundred frames counts as much as a still.
 * @param features raw features, row i of image i of the list
 * @param normWeighting whether features are pooled as they are, so that images with a longer one (sharp, frontal) count more
 *   (NormFace, arXiv 1704.06369, section 3.1, on what the norm tells); otherwise each is normalised first
 */
export function poolTemplates(
  { values, dimension }: Features,
  { templates, template, media }: Pick<TemplateList, 'templates' | 'template' | 'media'>,
  normWeighting: boolean,
): Features {
  // Medium by medium: IJB-C has more than a hundred thousand, whose sums would take more memory than the features.
  const order = Uint32Array.from(template.keys()).sort(
    (x, y) => template[x]! - template[y]! || media[x]! - media[y]! || x - y,
  );
  const pooled = new Float64Array(templates.length * dimension);
  // In float64, since a template may have hundreds of images.
  const sum = new Float64Array(dimension);
  let images = 0;
  order.forEach((image, i) => {
    const place = template[image]!;
    const row = values.subarray(image * dimension, (image + 1) * dimension);
    const weight = normWeighting ? 1 : 1 / (lengthOf(row) || 1);
    for (let k = 0; k < dimension; k++) sum[k]! += weight * row[k]!;
    images++;
    const next = order[i + 1];
    if (next !== undefined && template[next] === place && media[next] === media[image]) return;
    for (let k = 0; k < dimension; k++) pooled[place * dimension + k]! += sum[k]! / images;
    sum.fill(0);
    images = 0;
  });
  const unit = new Float32Array(pooled.length);
  for (let place = 0; place < templates.length; place++) {
    const row = pooled.subarray(place * dimension, (place + 1) * dimension);
    const length = lengthOf(row) || 1;
    for (let k = 0; k < dimension; k++) unit[place * dimension + k] = row[k]! / length;
  }
  return { values: unit, dimension };
}

function lengthOf(row: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < row.length; k++) sum += row[k]! * row[k]!;
  return Math.sqrt(sum);
}

/** Result of 1:1 verification of templates. */
export interface TemplateResult {
  readonly templates: number;
  readonly genuine: number;
  readonly impostor: number;
  readonly tarAtFar: readonly TarAtFar[];
}

/** Cosines of pairs of templates, and the share of genuine pairs accepted at each false accept rate. @throws UserError without both kinds */
export function verifyTemplates(
  { values, dimension }: Features,
  { a, b, same }: TemplatePairs,
  fars: readonly number[] = templateFars,
): TemplateResult {
  const scores = Float64Array.from(a, (first, pair) => {
    const from = first * dimension;
    const to = b[pair]! * dimension;
    let sum = 0;
    for (let k = 0; k < dimension; k++) sum += values[from + k]! * values[to + k]!;
    return sum;
  });
  const split = splitScores(scores, same);
  return {
    templates: featureCount({ values, dimension }),
    genuine: split.genuine.length,
    impostor: split.impostor.length,
    tarAtFar: fars.map((far) => tarAtFar(split, far)),
  };
}

/** A row for each false accept rate. */
export function templateTable({ tarAtFar: rates, impostor }: TemplateResult): Table {
  return {
    title: 'Templates, 1:1: true accept rate in %',
    columns: [{ header: 'FAR' }, { header: 'TAR', align: 'right' }, { header: 'cosine', align: 'right' }],
    rows: rates.map(({ far, tar, threshold }) => [
      far.toExponential(),
      tar === null ? 'too few pairs' : (100 * tar).toFixed(2),
      threshold === null ? '' : threshold.toFixed(4),
    ]),
    notes: [
      `Nothing is interpolated: at most so many of the ${impostor} pairs of different people are accepted.`,
    ],
  };
}
