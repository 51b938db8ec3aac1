import { hash32 } from '../../engine/random.ts';
import { UserError } from '../errors.ts';

/** The next sample to be taken: its position in the permutation of its epoch, both counted from 0. */
export interface Cursor {
  readonly epoch: number;
  readonly position: number;
}

/** Separates this use of a run's seed from all others. */
const orderStream = 0x6f726472;

/** The permutation of 0 … count − 1 for one epoch (Fisher–Yates), a function of seed and epoch only. */
export function epochOrder(seed: number, epoch: number, count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor((hash32(seed, orderStream, epoch, i) / 2 ** 32) * (i + 1));
    const moved = order[i];
    order[i] = order[j];
    order[j] = moved;
  }
  return order;
}

/** Sample indices from `start` on, epoch after epoch without end, each with the cursor that follows it. */
export function* sampleOrder(
  count: number,
  seed: number,
  start: Cursor = { epoch: 0, position: 0 },
): Generator<{ index: number; next: Cursor }, never> {
  const { epoch: first, position: begin } = start;
  if (!Number.isInteger(first) || !Number.isInteger(begin) || first < 0 || begin < 0 || begin >= count) {
    throw new UserError(
      `the data cursor (epoch ${first}, position ${begin}) does not fit a data set of ${count} images: is it another data set?`,
    );
  }
  for (let epoch = first; ; epoch++) {
    const order = epochOrder(seed, epoch, count);
    for (let position = epoch === first ? begin : 0; position < count; position++) {
      const isLast = position === count - 1;
      yield {
        index: order[position],
        next: isLast ? { epoch: epoch + 1, position: 0 } : { epoch, position: position + 1 },
      };
    }
  }
}
