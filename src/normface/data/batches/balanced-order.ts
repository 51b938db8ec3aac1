import { UserError } from '../../../common/errors.ts';
import { hash32 } from '../../../engine/core/random.ts';
import { type Dataset, samplesByIdentity } from '../dataset.ts';
import { type Cursor, endlessOrder, epochOrder, type Order } from './order.ts';

/** Separate the two uses of a run's seed from each other and from all others. */
const peopleStream = 0x70656f70;
const imagesStream = 0x696d6773;

/**
 * Draws of `images` images of one person, so that batches of `people` draws hold as many different people ("P×K", for losses of
 * pairs and triplets). An epoch is a permutation of the people, less the last ones that fill no batch: they differ from epoch to
 * epoch. A draw takes images of the person at random, none twice; a person with fewer images repeats them in their order.
 *
 * @throws UserError when the data set has too few people, or a cursor does not fit it
 */
export function balancedOrder(
  dataset: Dataset,
  { people, images }: { readonly people: number; readonly images: number },
  seed: number,
  start: Cursor,
): Order {
  const samples = samplesByIdentity(dataset);
  const total = samples.length;
  if (total < people) {
    throw new UserError(
      `${dataset.name} holds ${total} people, but balanced sampling takes ${people} different ones for a batch`,
    );
  }
  const count = total - (total % people);
  return endlessOrder(count, 'people', start, (epoch) => {
    const order = epochOrder(seed, epoch, total, peopleStream);
    return (position) => {
      const person = order[position]!;
      const own = samples[person]!;
      const shuffled = epochOrder(hash32(seed, imagesStream, person), epoch, own.length, imagesStream);
      return Array.from({ length: images }, (_, i) => own[shuffled[i % own.length]!]!);
    };
  });
}
