/** Doing something on every rank so that all of them know how it went on each. */

import type { Communicator } from '../../engine/distributed/communicator.ts';
import { gatherBytes } from '../../engine/distributed/gather.ts';

/** What did not work on a rank; the same on all ranks. */
export class RankError extends Error {}

type Outcome<T> = { readonly value: T } | { readonly failure: string };

/**
 * Calls `action` on every rank and waits until all have. No rank goes on, or leaves the others waiting, where one of them failed.
 *
 * @param action what it returns must be the same after a way through JSON
 * @param reasonOf an error in words
 * @returns what it returned, by rank
 * @throws RankError on all ranks, with the number of the first that failed and its reason
 */
export async function onEveryRank<T>(
  ranks: Communicator,
  action: () => T | Promise<T>,
  reasonOf: (error: unknown) => string = (error) => (error as Error).message,
): Promise<T[]> {
  const outcomes = await gatherBytes(
    ranks,
    new TextEncoder().encode(JSON.stringify(await outcomeOf(action, reasonOf))),
  );
  return outcomes.map((bytes, rank) => {
    const outcome = JSON.parse(new TextDecoder().decode(bytes)) as Outcome<T>;
    if ('failure' in outcome) throw new RankError(`rank ${rank}: ${outcome.failure}`);
    return outcome.value;
  });
}

async function outcomeOf<T>(
  action: () => T | Promise<T>,
  reasonOf: (error: unknown) => string,
): Promise<Outcome<T>> {
  try {
    return { value: await action() };
  } catch (error) {
    return { failure: reasonOf(error) };
  }
}
