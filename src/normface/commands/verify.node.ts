/** `normface verify`: do two images show the same person? */

import { ImageStore } from '../data/image-store.node.ts';
import { mergeMirror } from '../evaluation/merge.ts';
import { cosineScores } from '../evaluation/similarity.ts';
import { findWeights } from '../training/checkpoint.node.ts';
import { openEmbedder } from '../training/embedder.node.ts';
import { extractFeatures } from '../training/features.node.ts';
import { describeThreshold } from '../training/stored-threshold.ts';
import { readThreshold } from '../training/threshold-file.node.ts';
import { type AddCommand, examples, finiteNumber } from './command.ts';
import type { Context } from './context.node.ts';
import { imageList } from './embed.node.ts';

interface VerifyOptions {
  readonly checkpoint: string;
  readonly threshold?: number;
}

export const addVerify: AddCommand = (program, run) => {
  program
    .command('verify')
    .description('compare two images and decide at the threshold that `normface eval` kept')
    .argument('<a>', 'an image of a face, cropped like the training images')
    .argument('<b>', 'another')
    .requiredOption('-c, --checkpoint <checkpoint>', 'a run folder, a checkpoint folder or a weights file')
    .option('--threshold <cosine>', 'decide at this cosine instead', finiteNumber)
    .addHelpText(
      'after',
      examples(
        'normface verify a.jpg b.jpg --checkpoint runs/normface-001',
        'normface verify a.jpg b.jpg --checkpoint weights.safetensors --threshold 0.4 --json',
      ),
    )
    .action(
      run((context: Context, a: string, b: string, options: VerifyOptions) => verify(context, a, b, options)),
    );
};

async function verify(context: Context, a: string, b: string, options: VerifyOptions) {
  const weightsFile = findWeights(options.checkpoint);
  const stored = readThreshold(weightsFile);
  const { threshold = stored?.threshold } = options;
  const merge = stored?.merge ?? 'sum';
  const dataset = await imageList([a, b]);
  const embedder = await openEmbedder(await context.openDevice(), weightsFile, 2);
  const { width, height } = embedder;
  const store = new ImageStore(dataset, { width, height, strict: true });
  try {
    const { front, mirrored } = await extractFeatures(embedder, store, Uint32Array.of(0, 1), {
      mirror: merge !== 'front',
    });
    const pair = {
      a: Uint32Array.of(0),
      b: Uint32Array.of(1),
      same: Uint8Array.of(0),
      fold: Uint32Array.of(1),
    };
    const [cosine] = cosineScores(mergeMirror(front, mirrored, merge), pair);
    const same = threshold === undefined ? null : cosine > threshold;
    context.say(`cosine ${cosine.toFixed(4)} (${merge})`);
    if (threshold === undefined)
      context.say(
        'no decision: there is no threshold beside the checkpoint; run `normface eval` or give --threshold',
      );
    else
      context.say(
        `${same ? 'the same person' : 'different people'} at the threshold ${threshold.toFixed(4)}`,
      );
    if (stored && options.threshold === undefined) context.say(`threshold: ${describeThreshold(stored)}`);
    return { a, b, cosine, merge, threshold: threshold ?? null, same };
  } finally {
    embedder.dispose();
    await store.close();
  }
}
