/** `normface export`: a trained net for other programs. */

import path from 'node:path';
import { UsageError } from '../common/errors.ts';
import { replaceFile } from '../common/files.node.ts';
import { bytesText, countText } from '../common/format.ts';
import { openWeights } from '../normface/embedding/open-weights.ts';
import { readThreshold } from '../normface/embedding/threshold-file.node.ts';
import { exportMetadata } from '../normface/models/export/metadata.ts';
import { pyTorchOriginal } from '../normface/models/export/pytorch-names.ts';
import { stateDictionary } from '../normface/models/export/state-dictionary.ts';
import { encodeOnnx, onnxOpset } from '../normface/models/export/write-onnx.ts';
import { checkFinite } from '../normface/models/finite.ts';
import { foldNet } from '../normface/nets/fold.ts';
import { packageVersion } from '../normface/package.node.ts';
import { findWeights } from '../normface/training/checkpoint/checkpoint.node.ts';
import { readWeights } from '../normface/training/checkpoint/read-checkpoint.node.ts';
import { encodeSafetensors } from '../normface/training/checkpoint/safetensors.ts';
import type { Context } from './context.node.ts';
import { checkNewFile } from './output-file.node.ts';

interface ExportOptions {
  readonly to: string;
  readonly includePreprocessing?: boolean;
  readonly includeNormalise?: boolean;
  readonly foldBatchNorm?: boolean;
  readonly force?: boolean;
}

export async function exportNet(context: Context, named: string, options: ExportOptions) {
  const { to, includePreprocessing = false, includeNormalise = false, foldBatchNorm = false } = options;
  const format = formatOf(to);
  if (format === 'safetensors' && (includePreprocessing || includeNormalise))
    throw new UsageError(
      '--include-preprocessing and --include-normalise are for ONNX: a safetensors file holds weights alone',
    );
  const weightsFile = findWeights(named);
  checkNewFile(to, options.force, [weightsFile], '--to');
  const { weights, metadata: stored } = readWeights(weightsFile, { classes: 'none' });
  const { built, values } = openWeights({ tensors: weights, metadata: stored }, weightsFile);
  const { net } = built;
  const input = built.input as [number, number, number];
  const trained = { net, values };
  const exported = foldBatchNorm ? foldNet(trained) : trained;
  // Folding may make a number infinite that was finite.
  checkFinite(exported.values, weightsFile);
  const threshold = readThreshold(weightsFile);
  const metadata = exportMetadata(exported, {
    weights: stored,
    includePreprocessing,
    includeNormalise,
    foldBatchNorm,
    threshold,
    version: packageVersion,
  });
  const about = { file: to, format, net: net.name, input, features: built.featureSize };
  const size = `${input[0]}×${input[1]}`;
  if (format === 'onnx') {
    const settings = { input, includePreprocessing, includeNormalise, metadata, version: packageVersion };
    const bytes = encodeOnnx(exported, settings);
    replaceFile(to, bytes);
    context.say(
      `${to}: ${net.name} as an ONNX model (opset ${onnxOpset}), ${bytesText(bytes.length)}; ` +
        `images float32 [batch, ${input[2]}, ${input[0]}, ${input[1]}], features [batch, ${built.featureSize}]`,
    );
    const { pixelMean, pixelScale, channels } = metadata;
    const range = includePreprocessing ? 'from 0 to 255' : `(byte − ${pixelMean}) · ${pixelScale}`;
    context.say(`pixels    ${channels}, ${range}; faces aligned as in training, ${size}`);
    return { ...about, opset: onnxOpset, bytes: bytes.length, metadata };
  }
  // What was folded is not the original any more.
  const original = foldBatchNorm ? undefined : pyTorchOriginal(net.name);
  const tensors = stateDictionary(exported, input, original);
  const bytes = encodeSafetensors(tensors, { ...metadata, layout: 'pytorch' });
  replaceFile(to, bytes);
  context.say(
    `${to}: ${countText(tensors.size, 'tensor')} of ${net.name} in PyTorch's layouts, ${bytesText(bytes.length)}`,
  );
  context.say(
    original
      ? `names     those of ${original.from}`
      : "names     the layers' own: no PyTorch net is known with these layers",
  );
  const names = [...tensors.keys()];
  return { ...about, original: original?.from ?? null, tensors: names, bytes: bytes.length, metadata };
}

/** @throws UsageError for an ending that is not written */
function formatOf(to: string): 'onnx' | 'safetensors' {
  const ending = path.extname(to).toLowerCase();
  if (ending === '.onnx') return 'onnx';
  if (ending === '.safetensors') return 'safetensors';
  throw new UsageError(`--to ${to}: the name must end in .onnx or .safetensors`);
}
