/** What the report times. */

import { centerFaceResnet } from '../../src/normface/nets/center-face-resnet.ts';
import { small } from '../../src/normface/nets/small.ts';
import { type BenchCase, head, passesOf, product, step } from '../cases.ts';

/** A 3×3 convolution of as many channels as it has, forward and with both gradients, at batch 64. */
function convolution(channels: number, outChannels: number, height: number, width: number): BenchCase[] {
  const name = `3×3, ${channels}→${outChannels}, ${height}×${width}, batch 64`;
  const shape = { height, width, channels, outChannels, kernel: 3, padding: 1 };
  return passesOf(name, shape, 64).filter(
    ({ work }) => work.kind === 'conv' && ['forward', 'all'].includes(work.pass),
  );
}

const people = 10_572;

export const reportCases = {
  products: [
    ...[512, 1024, 2048, 4096].map((side) => product(`${side}²`, side, side, side)),
    product('fc5 of resnet, 64×10240×512', 64, 10_240, 512),
    product(`scores, 64×512×${people}`, 64, 512, people),
  ],
  convolutions: [
    ...convolution(32, 64, 110, 94),
    ...convolution(64, 64, 53, 45),
    ...convolution(128, 128, 28, 24),
    ...convolution(256, 256, 14, 12),
  ],
  head: [people, 100_000].map(head),
  steps: [step(small, 64, 1_334), ...[8, 64, 256].map((batch) => step(centerFaceResnet, batch, people))],
  tuned: [step(small, 64, 1_334), step(centerFaceResnet, 64, people)],
} satisfies Readonly<Record<string, readonly BenchCase[]>>;
