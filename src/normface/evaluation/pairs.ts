import { UserError } from '../../common/errors.ts';

/**
 * Verification pairs: pair i compares feature rows a[i] and b[i]; same[i] is 1 for one person (genuine) and 0 for two
 * (impostor); fold[i] is the number, counted from 1, of the cross-validation fold it belongs to.
 */
export interface PairList {
  readonly a: Uint32Array;
  readonly b: Uint32Array;
  readonly same: Uint8Array;
  readonly fold: Uint32Array;
}

/** Throws a UserError unless the four arrays agree, every index is below `count`, and every fold has both kinds of pair. */
export function checkPairs(pairs: PairList, count: number): void {
  const { a, b, same, fold } = pairs;
  if (a.length === 0) throw new UserError('the pair list is empty');
  if (b.length !== a.length || same.length !== a.length || fold.length !== a.length) {
    throw new UserError(
      `the pair list is inconsistent: ${a.length} first images, ${b.length} second images, ${same.length} labels, ${fold.length} folds`,
    );
  }
  const kinds = new Map<number, [different: number, same: number]>();
  for (let i = 0; i < a.length; i++) {
    if (a[i]! >= count || b[i]! >= count) {
      throw new UserError(
        `pair ${i} compares rows ${a[i]} and ${b[i]}, but there are only ${count} features`,
      );
    }
    if (same[i]! > 1)
      throw new UserError(`pair ${i} is labelled ${same[i]}; 1 means same, 0 means different`);
    if (fold[i] === 0) throw new UserError(`pair ${i} belongs to fold 0; folds are counted from 1`);
    const counts = kinds.get(fold[i]!) ?? [0, 0];
    counts[same[i]!]!++;
    kinds.set(fold[i]!, counts);
  }
  for (const [number, [different, genuine]] of kinds) {
    if (different > 0 && genuine > 0) continue;
    throw new UserError(
      `fold ${number} has ${genuine} same and ${different} different pairs; every fold needs both kinds`,
    );
  }
}

/** The fold numbers that occur, ascending. */
export function foldNumbers(pairs: PairList): number[] {
  return [...new Set(pairs.fold)].sort((x, y) => x - y);
}

/** Selects the pairs of one fold. */
export function inFold(pairs: PairList, fold: number): (pair: number) => boolean {
  return (pair) => pairs.fold[pair] === fold;
}

/** The pairs of some folds, in their order. */
export function selectFolds(pairs: PairList, folds: readonly number[]): PairList {
  const keep = (_: number, pair: number) => folds.includes(pairs.fold[pair]!);
  return {
    a: pairs.a.filter(keep),
    b: pairs.b.filter(keep),
    same: pairs.same.filter(keep),
    fold: pairs.fold.filter(keep),
  };
}
