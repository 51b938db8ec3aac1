/** Measures what the usual reasons for a low number would change: `normface eval --explain`. */

import { UserError } from '../../common/errors.ts';
import { reasonOf } from '../../common/files.node.ts';
import type { Device } from '../../engine/core/tensor.ts';
import type { Source } from '../data/dataset.ts';
import type { Image, ImageSize } from '../data/images/image.ts';
import { viewOf } from '../data/images/view.node.ts';
import { fixedMergeOf } from '../evaluation/evaluate.ts';
import {
  type Explained,
  explain,
  type MeasuredAlternative,
  type Reason,
  reasons,
} from '../evaluation/explain.ts';
import { withFolds } from '../evaluation/fold-dealing.ts';
import type { MergeName } from '../evaluation/merge.ts';
import { type ImageFeatures, MergedScores } from '../evaluation/merged-scores.ts';
import { pairsAt, samplePairs } from '../evaluation/pair-sample.ts';
import type { PairList } from '../evaluation/pairs.ts';
import type { ProtocolName } from '../evaluation/protocol-names.ts';
import { decisionsOf, judge } from '../evaluation/protocols.ts';
import { pixelRangeOf } from '../nets/pixel-range.ts';
import { readWeights } from '../training/checkpoint/read-checkpoint.node.ts';
import {
  type ImageAlternative,
  imageAlternatives,
  mergeAlternatives,
  protocolAlternatives,
} from './alternatives.ts';
import { openEmbedder } from './embedder.node.ts';
import type { EvaluationSet } from './evaluation-set.node.ts';
import type { Embedder } from './features.ts';
import { inputOf } from './open-weights.ts';

/** The rule of decisions where none is named: a plain cosine at the best threshold of the other folds, for which few pairs suffice. */
const usualRule = 'normface-nopca';

export interface ExplainOptions {
  readonly merge: MergeName;
  /** The rule whose number is to be explained; by default normface-nopca. */
  readonly protocol?: ProtocolName;
  /** Pairs to decide, about. */
  readonly count: number;
  /** Decides which pairs. */
  readonly seed?: number;
  readonly batch: number;
  /** Only these reasons; by default all. */
  readonly only?: readonly Reason[];
  /** Sizes of some of the images, as they are stored. */
  readonly stored: readonly ImageSize[];
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Embeds the images of a sample of pairs once for every alternative and decides the pairs.
 * @throws UserError naming an image that cannot be read
 */
export async function explainEvaluation(
  device: Device,
  weightsFile: string,
  set: EvaluationSet,
  options: ExplainOptions,
): Promise<Explained> {
  const { count, seed = 1, batch, only = reasons, stored, onProgress } = options;
  const { sources, names, pairs } = sampleOf(set, count, seed);
  const wanted = ({ reason }: { readonly reason: Reason }) => only.includes(reason);
  const left: string[] = [];
  const range = pixelRangeOf(
    inputOf(readWeights(weightsFile, { classes: 'none' }).metadata, weightsFile).design,
  );
  const base = await openEmbedder(device, weightsFile, batch, { mirror: true });
  try {
    const all = imageAlternatives(base, range, stored).filter(wanted);
    const total = (all.length + 1) * sources.length;
    let passes = 0;
    const pass = async (
      embedder: Embedder,
      mirror: boolean,
      how: Pick<ImageAlternative, 'view' | 'swapped'>,
    ) => {
      const features = await featuresOf(embedder, { sources, names }, mirror, how, (done) =>
        onProgress?.(passes * sources.length + done, total),
      );
      passes++;
      return features;
    };
    // Mirror images for the merges; the images of an alternative are merged as wanted.
    const own = new MergedScores(await pass(base, true, {}), pairs);
    const rule = usableRule(own, options, left);
    const merge = fixedMergeOf(rule) ?? options.merge;
    const decide = (features: ImageFeatures) => decisionsBy(rule, new MergedScores(features, pairs), merge);
    const measured: MeasuredAlternative[] = [];
    for (const { view, swapped, pixels, ...alternative } of all) {
      const embedder = pixels
        ? await openEmbedder(device, weightsFile, batch, { mirror: merge !== 'front', pixels })
        : base;
      try {
        measured.push({
          ...alternative,
          decisions: decide(await pass(embedder, merge !== 'front', { view, swapped })),
        });
      } catch (error) {
        // Such as features that are not finite in another range of numbers: then it is no better.
        if (!(error instanceof UserError) || !pixels) throw error;
        left.push(`"${alternative.name}" could not be tried: ${error.message}.`);
      } finally {
        if (embedder !== base) embedder.dispose();
      }
    }
    for (const { merge: other, ...alternative } of mergeAlternatives(merge).filter(wanted))
      measured.push({ ...alternative, decisions: decisionsBy(rule, own, other) });
    for (const { protocol, ...alternative } of protocolAlternatives(rule).filter(wanted)) {
      const scores = own.by(fixedMergeOf(protocol) ?? options.merge);
      try {
        measured.push({ ...alternative, decisions: decisionsOf(judge(protocol, scores), scores) });
      } catch (error) {
        // Such as too few pairs for its principal components.
        if (!(error instanceof UserError)) throw error;
        left.push(`${protocol} could not be tried: ${error.message}.`);
      }
    }
    if (range.channels === 1 && only.includes('channel order'))
      left.push('The net sees grey images, which have no order of channels.');
    return explain(decisionsBy(rule, own, merge), measured, { rule: `${rule} (${merge})`, left });
  } finally {
    base.dispose();
  }
}

/** The rule that was named, or the usual one where the sample has too few pairs for that, which `left` is told. */
function usableRule(
  scores: MergedScores,
  { protocol = usualRule, merge }: Pick<ExplainOptions, 'protocol' | 'merge'>,
  left: string[],
): ProtocolName {
  try {
    judge(protocol, scores.by(fixedMergeOf(protocol) ?? merge));
    return protocol;
  } catch (error) {
    if (!(error instanceof UserError) || protocol === usualRule) throw error;
    left.push(`The rule is ${usualRule} in place of ${protocol}: ${error.message}.`);
    return usualRule;
  }
}

function decisionsBy(rule: ProtocolName, scores: MergedScores, merge: MergeName): Uint8Array {
  const merged = scores.by(merge);
  return decisionsOf(judge(rule, merged), merged);
}

interface SampledImages {
  readonly sources: readonly Source[];
  readonly names: readonly string[];
}

/** The images of some of the pairs, each once, and the pairs as rows of these. */
function sampleOf(
  { dataset, indices, pairs }: EvaluationSet,
  count: number,
  seed: number,
): SampledImages & { readonly pairs: PairList } {
  const chosen = pairsAt(pairs, samplePairs(pairs, count, seed));
  const rows = new Map<number, number>();
  const row = (image: number) => {
    const known = rows.get(image) ?? rows.size;
    rows.set(image, known);
    return known;
  };
  const renumbered = { ...chosen, a: chosen.a.map(row), b: chosen.b.map(row) };
  const samples = Array.from(rows.keys(), (image) => dataset.samples[indices[image]!]!);
  return {
    sources: samples.map(({ source }) => source),
    names: samples.map(({ key }) => `${dataset.name}: cannot read the image ${key}`),
    pairs: withFolds(renumbered).pairs,
  };
}

/** Raw features of images that are seen in some way. */
async function featuresOf(
  embedder: Embedder,
  { sources, names }: SampledImages,
  mirror: boolean,
  { view, swapped = false }: Pick<ImageAlternative, 'view' | 'swapped'>,
  onProgress: (done: number) => void,
): Promise<ImageFeatures> {
  const { width, height, dimension, batchSize } = embedder;
  const front = new Float32Array(sources.length * dimension);
  const mirrored = mirror ? new Float32Array(front.length) : undefined;
  for (let start = 0; start < sources.length; start += batchSize) {
    const batch = sources.slice(start, start + batchSize);
    const pixels = new Uint8Array(batch.length * width * height * 4);
    await Promise.all(
      batch.map(async (source, i) => {
        const image = await viewOf(source, { width, height }, view).catch((error) => {
          throw new UserError(`${names[start + i]}: ${reasonOf(error)}`);
        });
        writePixels(image, pixels.subarray(i * width * height * 4), swapped);
      }),
    );
    if (mirrored) {
      const features = await embedder.embedMirrored(pixels);
      front.set(features.front, start * dimension);
      mirrored.set(features.mirrored, start * dimension);
    } else front.set(await embedder.embed(pixels), start * dimension);
    onProgress(start + batch.length);
  }
  return {
    front: { values: front, dimension },
    ...(mirrored && { mirrored: { values: mirrored, dimension } }),
  };
}

/** RGB to opaque RGBA, with red and blue exchanged where wanted. */
function writePixels({ pixels: rgb }: Image, rgba: Uint8Array, swapped: boolean): void {
  const [red, blue] = swapped ? [2, 0] : [0, 2];
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    rgba[to] = rgb[from + red]!;
    rgba[to + 1] = rgb[from + 1]!;
    rgba[to + 2] = rgb[from + blue]!;
    rgba[to + 3] = 255;
  }
}
