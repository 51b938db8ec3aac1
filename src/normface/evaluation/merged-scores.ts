import type { Features } from './features.ts';
import { type MergeName, mergeMirror } from './merge.ts';
import { PairScores } from './pair-scores.ts';
import type { PairList } from './pairs.ts';

/** Raw features of images and, row by row, of their mirror images. */
export interface ImageFeatures {
  readonly front: Features;
  readonly mirrored?: Features;
}

/** Scores of the same pairs by every merge of image and mirror image, each merged and scored when first asked for. */
export class MergedScores {
  readonly features: ImageFeatures;
  readonly pairs: PairList;
  private readonly known = new Map<MergeName, PairScores>();

  constructor(features: ImageFeatures, pairs: PairList) {
    this.features = features;
    this.pairs = pairs;
  }

  /** @throws UserError when features, mirror images and pairs do not fit together */
  by(merge: MergeName): PairScores {
    const { front, mirrored } = this.features;
    const scores = this.known.get(merge) ?? new PairScores(mergeMirror(front, mirrored, merge), this.pairs);
    this.known.set(merge, scores);
    return scores;
  }
}
