/** Verification sets of insightface as data sets with pairs. */

import type { Dataset, OwnPairs, ResolvedPair, Sample, Source } from '../dataset.ts';
import type { VerificationBin } from './read-bin.ts';

/** What the sets are called that insightface publishes, by the names of their files. */
const published: Readonly<Record<string, string>> = {
  lfw: 'LFW',
  cfp_fp: 'CFP-FP',
  cfp_ff: 'CFP-FF',
  agedb_30: 'AgeDB-30',
  calfw: 'CALFW',
  cplfw: 'CPLFW',
  vgg2_fp: 'VGG2-FP',
};

/** The published protocols have ten folds. */
const usualFolds = 10;

/** `CFP-FP (cfp_fp.bin)`, or the file's own name. */
export function binName(file: string): string {
  const name = published[file.replace(/\.[^.]*$/, '').toLowerCase()];
  return name ? `${name} (${file})` : file;
}

/**
 * A data set of the images of a verification set. Nothing tells who is on them but whether two are one person, so there is a class
 * for each pair of one person, `pair_0001`, and for each image of a pair of two, `pair_0002_a` and `pair_0002_b`.
 * @param file the file's name without folders
 * @param sourceOf where image i lies
 */
export function datasetOfBin(
  file: string,
  { same }: Pick<VerificationBin, 'same'>,
  sourceOf: (image: number) => Source,
): Dataset {
  const digits = Math.max(4, String(same.length).length);
  const identities: string[] = [];
  const samples: Sample[] = [];
  same.forEach((isSame, pair) => {
    const name = `pair_${String(pair + 1).padStart(digits, '0')}`;
    for (const side of [0, 1]) {
      if (side === 0 || !isSame) identities.push(isSame ? name : `${name}_${'ab'[side]}`);
      const identity = identities.length - 1;
      samples.push({
        identity,
        key: `${identities[identity]}/${side + 1}`,
        source: sourceOf(2 * pair + side),
      });
    }
  });
  const folds = foldCount(same);
  const what = `folds with pairs of both kinds in each, where ${usualFolds} are usual`;
  const unfit = pairsOfOneKind(same);
  const remark = unfit === undefined ? { what, count: folds } : { what: unfit };
  const remarks = folds < usualFolds ? [{ ...remark, examples: [], important: true }] : [];
  const name = binName(file);
  return {
    name,
    identities,
    samples,
    remarks,
    pairs: { name, folds, pairs: inFolds(same, folds) },
  };
}

/** A sentence where all pairs, of which there is one at least, are of one kind: no threshold tells them apart then. */
export function pairsOfOneKind(same: readonly boolean[]): string | undefined {
  const [first] = same;
  if (same.some((isSame) => isSame !== first)) return undefined;
  return `all pairs are of ${first ? 'the same person' : 'different people'}: it cannot be evaluated`;
}

/** Pairs i = images 2i and 2i + 1 in contiguous folds of equal size, of which the first may have one more (KFold of scikit-learn without shuffling). */
function inFolds(same: readonly boolean[], folds: number): OwnPairs['pairs'] {
  return same.map(
    (isSame, pair): ResolvedPair => ({
      fold: foldOf(pair, same.length, folds),
      same: isSame,
      first: 2 * pair,
      second: 2 * pair + 1,
    }),
  );
}

function foldOf(pair: number, pairs: number, folds: number): number {
  const size = Math.floor(pairs / folds);
  const larger = pairs % folds;
  const inLarger = larger * (size + 1);
  return (
    1 + (pair < inLarger ? Math.floor(pair / (size + 1)) : larger + Math.floor((pair - inLarger) / size))
  );
}

/** The most folds, at most ten, of which each has pairs of both kinds; 1 where there are none. */
function foldCount(same: readonly boolean[]): number {
  for (let folds = Math.min(usualFolds, same.length); folds > 1; folds--) {
    const kinds = Array.from({ length: folds }, () => new Set<boolean>());
    same.forEach((isSame, pair) => {
      kinds[foldOf(pair, same.length, folds) - 1]!.add(isSame);
    });
    if (kinds.every(({ size }) => size === 2)) return folds;
  }
  return 1;
}
