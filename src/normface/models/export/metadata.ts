/** What an exported file says of its net. */

import type { NetWithValues } from '../../nets/fold.ts';
import { netMetadata } from '../../nets/stored-net.ts';
import { defaultPixels } from './write-onnx.ts';

export interface Exported {
  /** What the weights file says of itself. */
  readonly weights: Readonly<Record<string, string>>;
  readonly includePreprocessing: boolean;
  readonly includeNormalise: boolean;
  readonly foldBatchNorm: boolean;
  /** The decision threshold that is kept beside the checkpoint, and how mirror images are merged before it. */
  readonly threshold?: { readonly threshold: number; readonly merge: string; readonly rule: string };
  readonly version: string;
}

/** What is copied from the weights file. */
const copied = ['imageSize', 'cropSize', 'step', 'classes', 'trainedOn'] as const;

/** Free text by name, in words that a person understands in another program. */
export function exportMetadata({ net }: NetWithValues, exported: Exported): Record<string, string> {
  const { weights, threshold } = exported;
  const { mean, scale } = net.pixels ?? defaultPixels;
  return {
    ...netMetadata(net),
    ...Object.fromEntries(copied.flatMap((key) => (weights[key] === undefined ? [] : [[key, weights[key]]]))),
    channels: net.input[2] === 1 ? 'grey' : 'RGB',
    pixelMean: String(mean),
    pixelScale: String(scale),
    pixels: exported.includePreprocessing ? '0 to 255' : '(byte - pixelMean) * pixelScale',
    unitLength: String(exported.includeNormalise),
    batchNormFolded: String(exported.foldBatchNorm),
    ...(threshold && {
      threshold: String(threshold.threshold),
      thresholdRule: threshold.rule,
      mirrorMerge: threshold.merge,
    }),
    normface: exported.version,
  };
}
