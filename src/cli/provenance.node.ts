/** Finds out what belongs to every number: checksums, sizes of images, how they were aligned. */

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { readJson } from '../common/json-file.node.ts';
import { oneLine } from '../common/printable.ts';
import type { Dataset } from '../normface/data/dataset.ts';
import type { EvaluationSet } from '../normface/embedding/evaluation-set.node.ts';
import { inputOf, type NetInput } from '../normface/embedding/open-weights.ts';
import { pairsSha256 } from '../normface/embedding/pairs-sha256.node.ts';
import type { Evaluation } from '../normface/evaluation/evaluate.ts';
import type { ImageProvenance, Provenance } from '../normface/evaluation/provenance.ts';
import { protocolLabel } from '../normface/evaluation/summary.ts';
import { pixelRangeOf } from '../normface/nets/pixel-range.ts';
import { readWeights } from '../normface/training/checkpoint/read-checkpoint.node.ts';
import { nameOf } from './checkpoint-run.node.ts';
import { imageSizes } from './suitability.node.ts';

/** Digits of a checksum that are printed: enough to tell any two lists apart. */
const shown = 12;

/** Images whose size is looked at. */
const sampled = 8;

/** Rows of text as a checksum, whole: SHA-256 of the lines, each ended by a line feed. */
export function linesSha256(lines: Iterable<string>): string {
  const hash = createHash('sha256');
  // Many lines at once: IJB-C has 16 million.
  let text = '';
  for (const line of lines) {
    text += `${line}\n`;
    if (text.length < 2 ** 16) continue;
    hash.update(text);
    text = '';
  }
  return hash.update(text).digest('hex');
}

/** Checksum of a weights file, whole. */
export function weightsSha256(weightsFile: string): string {
  return createHash('sha256').update(fs.readFileSync(weightsFile)).digest('hex');
}

/** What was compared, as far as commands differ in it. */
export interface Judged {
  readonly protocol: string;
  readonly pairs: Provenance['pairs'];
  readonly dataset: Dataset;
  /** Sample indices of the images. */
  readonly indices: ArrayLike<number>;
}

/** Everything that belongs to the numbers of a checkpoint. @throws UserError when an image cannot be read */
export async function provenanceOf(
  weightsFile: string,
  { protocol, pairs, dataset, indices }: Judged,
): Promise<Provenance> {
  const input = inputOf(readWeights(weightsFile, { classes: 'none' }).metadata, weightsFile);
  return {
    protocol,
    pairs: { ...pairs, sha256: pairs.sha256.slice(0, shown) },
    pixels: pixelRangeOf(input.design),
    images: await imageProvenance(input, dataset, indices),
    checkpoint: { name: nameOf(weightsFile), sha256: weightsSha256(weightsFile).slice(0, shown) },
  };
}

/** The same of an evaluation: of the protocol to look at first, and the pairs that it judged. @throws UserError */
export async function evaluationProvenance(
  weightsFile: string,
  set: EvaluationSet,
  { metrics, first, pairs }: Evaluation,
): Promise<Provenance> {
  return provenanceOf(weightsFile, {
    protocol: first ? protocolLabel(first.result) : `cosine (${metrics.merge})`,
    pairs: { name: set.pairsName, count: pairs.same.length, sha256: pairsSha256({ ...set, pairs }) },
    dataset: set.dataset,
    indices: set.indices,
  });
}

async function imageProvenance(
  { imageSize, cropSize }: NetInput,
  dataset: Dataset,
  indices: ArrayLike<number>,
): Promise<ImageProvenance> {
  const looked = Math.min(indices.length, sampled);
  const spread = Array.from(
    { length: looked },
    (_, i) => indices[Math.floor((i * indices.length) / looked)]!,
  );
  const sizes = await imageSizes(dataset, spread);
  const [first] = sizes;
  const isOne = first && sizes.every((size) => size.width === first.width && size.height === first.height);
  return {
    stored: isOne ? [first.width, first.height] : null,
    scaled: [imageSize[1], imageSize[0]],
    crop: [cropSize[1], cropSize[0]],
    alignment: alignmentOf(dataset, spread),
  };
}

/** What is known of how the faces lie in the images. */
function alignmentOf({ samples }: Dataset, indices: readonly number[]): string {
  const first = samples[indices[0]!]?.source;
  if (first?.kind === 'generated') return 'drawn in place';
  const file = first && 'path' in first ? landmarksBeside(first.path) : undefined;
  return (file && alignmentOfFile(file)) ?? 'alignment not recorded';
}

/** The file `landmarks.json` that `normface align` leaves in the folder that it writes: at most two levels above an image. */
function landmarksBeside(image: string): string | undefined {
  return ['.', '..', '../..']
    .map((up) => path.join(path.dirname(image), up, 'landmarks.json'))
    .find((file) => fs.existsSync(file));
}

/** "aligned to 112x96 by mtcnn", or undefined where the file does not say. */
function alignmentOfFile(file: string): string | undefined {
  let json: unknown;
  try {
    json = readJson(file);
  } catch {
    // A damaged file says nothing of the alignment; whoever reads its points will complain.
    return undefined;
  }
  const { template, detector, landmarks } = fieldsOf(json);
  const size = textOf(fieldsOf(template).size);
  if (size === undefined) return undefined;
  const by = textOf(detector) ?? textOf(fieldsOf(landmarks).file);
  return `aligned to ${size}${by === undefined ? '' : ` by ${by}`}`;
}

/** The keys of an object of a file; of anything else none. */
function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};
}

/** A text of a file that is fit to be printed. */
function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= 100 ? oneLine(value) : undefined;
}
