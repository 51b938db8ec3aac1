/** Operations whose ranks share one memory. */

import type { Call, CallOf, Operation } from './calls.ts';
import type { HostArray, Reduction } from './communicator.ts';

/** Carries out one operation at once. @param calls the same operation of all ranks, in their order */
export function carryOut(calls: readonly Call[]): void {
  switch (calls[0]?.operation) {
    case 'allReduce': {
      const same = callsOf('allReduce', calls);
      const arrays = same.map(({ values }) => values);
      const result = reduced(arrays, same[0]!.reduction);
      for (const values of arrays) values.set(result);
      return;
    }
    case 'allGather': {
      const same = callsOf('allGather', calls);
      const starts = startsOf(same[0]!.counts);
      for (const { all } of same) same.forEach(({ part }, rank) => void all.set(part, starts[rank]!));
      return;
    }
    case 'reduceScatter': {
      const same = callsOf('reduceScatter', calls);
      const starts = startsOf(same[0]!.counts);
      same.forEach(({ part, counts, reduction }, rank) => {
        const [first, end] = [starts[rank]!, starts[rank]! + counts[rank]!];
        part.set(
          reduced(
            same.map(({ all }) => all.subarray(first, end)),
            reduction,
          ),
        );
      });
      return;
    }
    case 'broadcast': {
      const same = callsOf('broadcast', calls);
      const { values: source, root } = same[same[0]!.root]!;
      same.forEach(({ values }, rank) => {
        if (rank !== root) values.set(source);
      });
      return;
    }
    case 'allToAll': {
      const same = callsOf('allToAll', calls);
      const bytes = same[0]!.send.length / same.length;
      same.forEach(({ send }, sender) => {
        same.forEach(({ receive }, receiver) => {
          receive.set(send.subarray(receiver * bytes, (receiver + 1) * bytes), sender * bytes);
        });
      });
    }
  }
}

function callsOf<O extends Operation>(operation: O, calls: readonly Call[]): CallOf<O>[] {
  return calls.filter((call): call is CallOf<O> => call.operation === operation);
}

/** Where each rank's part begins. */
export function startsOf(counts: Int32Array): number[] {
  const starts: number[] = [];
  let start = 0;
  for (const count of counts) {
    starts.push(start);
    start += count;
  }
  return starts;
}

const combinations: Readonly<Record<Reduction, (a: number, b: number) => number>> = {
  sum: (a, b) => a + b,
  max: Math.max,
  min: Math.min,
};

/** In the order of the ranks, each intermediate result rounded to the type of the arrays. */
function reduced(arrays: readonly HostArray[], reduction: Reduction): HostArray {
  const combine = combinations[reduction];
  const result = arrays[0]!.slice();
  for (const values of arrays.slice(1)) {
    for (let i = 0; i < result.length; i++) result[i] = combine(result[i]!, values[i]!);
  }
  return result;
}
