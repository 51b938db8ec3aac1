import { UserError } from '../../common/errors.ts';
import type { Table } from '../../common/table.ts';
import type { HeldOutFolds } from './held-out.ts';
import { type MergeName, mergeNames } from './merge.ts';
import { type ImageFeatures, MergedScores } from './merged-scores.ts';
import { foldNumbers, type PairList, selectFolds } from './pairs.ts';
import { decisionsOf, judge } from './protocols.ts';
import type { ProtocolResult } from './result.ts';
import { formatAccuracy } from './summary.ts';

/** The rules of the rows. */
const rowProtocols = ['normface-nopca-svm', 'normface-pca-svm'] as const;

/** One row of the mirror table: a rule with each merge. */
export interface MirrorRow {
  readonly pca: boolean;
  readonly protocol: (typeof rowProtocols)[number];
  readonly results: Readonly<Record<MergeName, ProtocolResult>>;
  /** For every judged pair whether it is decided rightly, 1 or 0. */
  readonly decisions: Readonly<Record<MergeName, Uint8Array>>;
}

/**
 * Accuracy with and without PCA for every merge of image and mirror image (MirrorFace.md of happynear/NormFace), each fold by what the pairs of all
 * other folds give. With `heldOut` PCA and threshold come from the threshold fold and only the test fold is judged.
 * @throws UserError for pairs of a single fold
 */
export function mirrorTable(
  features: Required<ImageFeatures>,
  pairs: PairList,
  heldOut?: HeldOutFolds,
): MirrorRow[] {
  return mirrorRows(new MergedScores(features, pairs), heldOut);
}

/** The same of scores that something else needs too; their features have mirror images. */
export function mirrorRows(all: MergedScores, heldOut?: HeldOutFolds): MirrorRow[] {
  const used = heldOut
    ? new MergedScores(all.features, selectFolds(all.pairs, [heldOut.thresholdFold, heldOut.testFold]))
    : all;
  if (foldNumbers(used.pairs).length < 2) {
    throw new UserError(
      'the mirror table fits PCA and threshold on other folds than it judges, so it needs pairs of at least two folds',
    );
  }
  const columns = mergeNames.map((merge) => {
    const scores = used.by(merge);
    return rowProtocols.map((protocol) => {
      const result = judge(protocol, scores, heldOut && [heldOut.testFold]);
      return { result, decisions: decisionsOf(result, scores) };
    });
  });
  return rowProtocols.map((protocol, r) => {
    const byMerge = <T>(value: (cell: (typeof columns)[number][number]) => T) =>
      Object.fromEntries(mergeNames.map((merge, c) => [merge, value(columns[c]![r]!)])) as Record<
        MergeName,
        T
      >;
    return {
      pca: protocol === 'normface-pca-svm',
      protocol,
      results: byMerge(({ result }) => result),
      decisions: byMerge(({ decisions }) => decisions),
    };
  });
}

/** The rows of one or several runs as a table of text. */
export function mirrorTableText(
  runs: readonly { readonly name: string; readonly rows: readonly MirrorRow[] }[],
): Table {
  const judged = runs[0]!.rows[0]!.results.front.folds;
  const how =
    judged.length > 1
      ? '± is the population standard deviation over the folds'
      : `fold ${judged[0]!.fold} by PCA and threshold of the threshold fold`;
  return {
    title: 'Mirror image and PCA, accuracy in %',
    columns: [
      { header: 'run' },
      { header: 'PCA' },
      ...mergeNames.map((header) => ({ header, align: 'right' as const })),
    ],
    rows: runs.flatMap(({ name, rows }) =>
      rows.map(({ pca, results }) => [
        name,
        pca ? 'yes' : 'no',
        ...mergeNames.map((merge) => formatAccuracy(results[merge])),
      ]),
    ),
    notes: [`Rows: ${rowProtocols.join(', ')}; ${how}.`],
  };
}

/** The same as comma-separated values, accuracies and deviations in [0, 1]. */
export function mirrorTableCsv(
  runs: readonly { readonly name: string; readonly rows: readonly MirrorRow[] }[],
): string {
  const lines = runs.flatMap(({ name, rows }) =>
    rows.flatMap(({ protocol, pca, results }) =>
      mergeNames.map((merge) => {
        const { accuracy, std } = results[merge];
        return [quoted(name), protocol, pca, merge, accuracy, std ?? ''].join(',');
      }),
    ),
  );
  return `${['run,protocol,pca,merge,accuracy,std', ...lines].join('\n')}\n`;
}

/** A text cell of a CSV file, in quotes where it needs them. */
function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
