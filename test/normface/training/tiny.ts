/** A tiny net on one batch of eight pictures of four people. */

import { hash32 } from '../../../src/engine/core/random.ts';
import type { Device } from '../../../src/engine/core/tensor.ts';
import { parseConfig, type TrainingConfigInput } from '../../../src/normface/training/config/config.ts';
import { Model } from '../../../src/normface/training/model.ts';

export const batchSize = 8;
const people = 4;

const pixels = Uint8Array.from({ length: batchSize * 56 * 48 * 4 }, (_, i) => {
  const label = Math.floor(i / (56 * 48 * 4)) % people;
  return hash32(i >> 7, label) % 256;
});

/** Each person twice. */
export const batch = { pixels, labels: Uint32Array.from({ length: batchSize }, (_, i) => i % people) };

/** @param classes people that the class matrix has a row for; those of the batch are the first four */
export function tinyModel(device: Device, input: TrainingConfigInput, classes = people): Model {
  return new Model(device, parseConfig({ net: 'tiny', batchSize, ...input }), classes);
}
