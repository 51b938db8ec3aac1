/** A tiny net on one batch of eight pictures of four people, of a fifth of the net's pixels: these tests are of what is around it. */

import { hash32 } from '../../../src/engine/core/random.ts';
import type { Device } from '../../../src/engine/runtime/device.ts';
import { parseConfig, type TrainingConfigInput } from '../../../src/normface/training/config/config.ts';
import { Model } from '../../../src/normface/training/model.ts';

export const batchSize = 8;
const people = 4;
const imageSize: [number, number] = [24, 20];
const bytes = 4 * imageSize[0] * imageSize[1];

const pixels = Uint8Array.from({ length: batchSize * bytes }, (_, i) => {
  const label = Math.floor(i / bytes) % people;
  return hash32(i >> 7, label) % 256;
});

/** Each person twice. */
export const batch = { pixels, labels: Uint32Array.from({ length: batchSize }, (_, i) => i % people) };

/** @param classes people that the class matrix has a row for; those of the batch are the first four */
export function tinyModel(device: Device, input: TrainingConfigInput, classes = people): Model {
  return new Model(device, parseConfig({ net: 'tiny', data: { imageSize }, batchSize, ...input }), classes);
}
