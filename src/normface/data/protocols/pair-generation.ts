import { UserError } from '../../../common/errors.ts';
import { hash32 } from '../../../engine/core/random.ts';
import { type Dataset, type ResolvedPair, samplesByIdentity } from '../dataset.ts';
import { imageNumbers } from './image-numbers.ts';
import type { ImageReference, Pair, PairList } from './pairs.ts';

/** Shape of a generated pair list; `pairsPerFold` same-person pairs and as many different-person pairs in each fold. */
export interface PairGenerationOptions {
  readonly folds: number;
  readonly pairsPerFold: number;
  readonly seed: number;
}

/** Separates this use of a seed from all others. */
const pairStream = 0x70616972;

/** Pairs drawn from a data set. */
export interface DrawnPairs extends PairGenerationOptions {
  readonly name: string;
  readonly pairs: readonly ResolvedPair[];
}

/**
 * Draws balanced pairs from any data set, after the pattern of LFW's View 2: the identities of one fold occur in no other;
 * a person (or two people) is drawn uniformly, then images of theirs; no pair occurs twice. The same seed gives the same list.
 * @throws UserError when a fold cannot hold that many different pairs.
 */
export function drawPairs(dataset: Dataset, options: PairGenerationOptions): DrawnPairs {
  const { folds, pairsPerFold, seed } = options;
  for (const [name, value] of Object.entries({ folds, 'pairs per fold': pairsPerFold })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new UserError(`a pair list needs at least one of ${name}, as a whole number; got ${value}`);
    }
  }
  let draws = 0;
  const random = (below: number) => Math.floor((hash32(seed, pairStream, draws++) / 2 ** 32) * below);
  const groups = samplesByIdentity(dataset);

  const pairs: ResolvedPair[] = [];
  const addPairs = (fold: number, same: boolean, drawn: [number, number][]) => {
    if (drawn.length < pairsPerFold) {
      throw new UserError(
        `${dataset.name}: fold ${fold} of ${folds} allows only ${drawn.length} ${same ? 'same' : 'different'}-person pairs, ` +
          `${pairsPerFold} were asked for; ask for fewer (--pairs-per-fold)`,
      );
    }
    for (const [first, second] of drawn) pairs.push({ fold, same, first, second });
  };
  dealIdentities(groups, folds, random).forEach((people, i) => {
    const withinPerson = drawDistinct(
      people.length,
      (person) => triangle(groups[people[person]!]!.length),
      pairsPerFold,
      random,
    ).map(([person, member]): [number, number] => {
      const [a, b] = unorderedPair(member);
      return [groups[people[person]!]![a]!, groups[people[person]!]![b]!];
    });
    const across = (couple: number) => unorderedPair(couple).map((person) => groups[people[person]!]);
    const betweenPeople = drawDistinct(
      triangle(people.length),
      (couple) => {
        const [a, b] = across(couple);
        return a!.length * b!.length;
      },
      pairsPerFold,
      random,
    ).map(([couple, member]): [number, number] => {
      const [a, b] = across(couple);
      return [a![member % a!.length]!, b![Math.floor(member / a!.length)]!];
    });
    addPairs(i + 1, true, withinPerson);
    addPairs(i + 1, false, betweenPeople);
  });
  return { name: `generated pairs of ${dataset.name}`, folds, pairsPerFold, seed, pairs };
}

/**
 * Draws pairs as a list that names the images by their numbers, to be written to a file.
 * @throws UserError as `drawPairs`, and when the number of an image is not its own
 */
export function generatePairs(dataset: Dataset, options: PairGenerationOptions): PairList {
  const { name, folds, pairsPerFold, pairs } = drawPairs(dataset, options);
  const { numbers } = imageNumbers(dataset);
  const owners = new Map<string, number>();
  const nameOf = (index: number) => `${dataset.samples[index]!.identity} ${numbers[index]}`;
  dataset.samples.forEach((_, index) => {
    owners.set(nameOf(index), (owners.get(nameOf(index)) ?? 0) + 1);
  });
  const reference = (index: number): ImageReference => {
    const { identity, key } = dataset.samples[index]!;
    const number = numbers[index];
    if (number === undefined || owners.get(nameOf(index)) !== 1)
      throw new UserError(`${dataset.name}: ${key} has no number of its own by which a list could name it`);
    return { identity: dataset.identities[identity]!, number };
  };
  const listed = pairs.map(
    ({ fold, same, first, second }, i): Pair => ({
      fold,
      same,
      first: reference(first),
      second: reference(second),
      line: i + 2,
    }),
  );
  return { name, folds, pairsPerFold, pairs: listed };
}

/** Shuffles the identities and deals them to the folds like cards, those with several images first, so that each gets its share. */
function dealIdentities(groups: number[][], folds: number, random: (below: number) => number): number[][] {
  const urn = new Urn(groups.length);
  const shuffled = groups.map(() => urn.take(random(urn.remaining)));
  const hasPair = (identity: number) => groups[identity]!.length > 1;
  const cards = [...shuffled.filter(hasPair), ...shuffled.filter((identity) => !hasPair(identity))];
  return Array.from({ length: folds }, (_, fold) => cards.filter((_, i) => i % folds === fold));
}

/**
 * Draws up to `count` different (group, member) combinations: a group uniformly from those not used up, then an unused member.
 * Fewer come back only when there are no more.
 */
function drawDistinct(
  groupCount: number,
  groupSize: (group: number) => number,
  count: number,
  random: (below: number) => number,
): [number, number][] {
  const drawn: [number, number][] = [];
  const groups = new Urn(groupCount);
  const members = new Map<number, Urn>();
  while (drawn.length < count && groups.remaining > 0) {
    const place = random(groups.remaining);
    const group = groups.peek(place);
    const urn = members.get(group) ?? new Urn(groupSize(group));
    members.set(group, urn);
    if (urn.remaining > 0) drawn.push([group, urn.take(random(urn.remaining))]);
    if (urn.remaining === 0) groups.take(place);
  }
  return drawn;
}

/** The numbers 0 … size − 1, drawn without replacement; a Fisher–Yates shuffle that stores only what has moved. */
class Urn {
  remaining: number;
  readonly #moved = new Map<number, number>();

  constructor(size: number) {
    this.remaining = size;
  }

  peek(place: number): number {
    return this.#moved.get(place) ?? place;
  }

  take(place: number): number {
    const taken = this.peek(place);
    this.remaining--;
    this.#moved.set(place, this.peek(this.remaining));
    return taken;
  }
}

/** Number of unordered pairs of n things. */
function triangle(n: number): number {
  return (n * (n - 1)) / 2;
}

/** The k-th unordered pair i < j in the order (0,1), (0,2), (1,2), (0,3) …: k = j(j − 1)/2 + i. */
function unorderedPair(k: number): [number, number] {
  const j = Math.floor((1 + Math.sqrt(1 + 8 * k)) / 2);
  return [k - triangle(j), j];
}
