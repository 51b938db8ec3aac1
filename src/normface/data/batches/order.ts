import { UserError } from '../../../common/errors.ts';
import { hash32 } from '../../../engine/core/random.ts';

/** The next draw to be taken: its position in the order of its epoch, both counted from 0. */
export interface Cursor {
  readonly epoch: number;
  readonly position: number;
}

/** Samples that belong together in a batch, with the cursor that follows them. */
export interface Draw {
  readonly indices: readonly number[];
  readonly next: Cursor;
  /**
   * The samples of the draws that take this one's place, one after the other, where none of its images can be read: those at the same
   * place of the batches that follow in the epoch, which begins again at its end. Every other draw of the epoch comes up once.
   * @param perBatch draws of a batch
   */
  substitutes(perBatch: number): Generator<readonly number[], void>;
}

/** Draws from a cursor on, epoch after epoch without end. */
export type Order = Generator<Draw, never>;

/** Separates this use of a run's seed from all others. */
const orderStream = 0x6f726472;

/** The permutation of 0 … count − 1 for one epoch (Fisher–Yates), a function of seed, epoch and stream only. */
export function epochOrder(seed: number, epoch: number, count: number, stream = orderStream): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor((hash32(seed, stream, epoch, i) / 2 ** 32) * (i + 1));
    const moved = order[i]!;
    order[i] = order[j]!;
    order[j] = moved;
  }
  return order;
}

/**
 * Draws of epochs of `count` draws each.
 *
 * @param unit what an epoch has one draw of, for the message
 * @param drawsOf gives for an epoch the sample indices of the draw at each position
 * @throws UserError when the cursor is not within an epoch
 */
export function* endlessOrder(
  count: number,
  unit: string,
  start: Cursor,
  drawsOf: (epoch: number) => (position: number) => readonly number[],
): Order {
  const { epoch: first, position: begin } = start;
  if (!Number.isInteger(first) || !Number.isInteger(begin) || first < 0 || begin < 0 || begin >= count) {
    throw new UserError(
      `the data cursor (epoch ${first}, position ${begin}) does not fit a data set of ${count} ${unit}: is it another data set?`,
    );
  }
  for (let epoch = first; ; epoch++) {
    const drawOf = drawsOf(epoch);
    for (let position = epoch === first ? begin : 0; position < count; position++) {
      const isLast = position === count - 1;
      yield {
        indices: drawOf(position),
        substitutes: (perBatch) => substitutes(position, count, perBatch, drawOf),
        next: isLast ? { epoch: epoch + 1, position: 0 } : { epoch, position: position + 1 },
      };
    }
  }
}

/** In steps of a batch; where these come back to where they began, they go on with the next draw. */
function* substitutes<T>(position: number, count: number, perBatch: number, drawOf: (position: number) => T) {
  const steps = count / greatestDivisor(count, perBatch);
  for (let i = 1; i < count; i++) yield drawOf((position + i * perBatch + Math.floor(i / steps)) % count);
}

/** Of two whole numbers. */
function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/** Every sample once an epoch, one a draw, in an order of its own. */
export function shuffledOrder(count: number, seed: number, start: Cursor): Order {
  return endlessOrder(count, 'images', start, (epoch) => {
    const order = epochOrder(seed, epoch, count);
    return (position) => [order[position]!];
  });
}
