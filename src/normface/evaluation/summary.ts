import type { Table } from '../../common/table.ts';
import { firstResult, type MergedResult, type VerificationMetrics } from './evaluate.ts';
import { protocolDescriptions } from './protocol-texts.ts';

/** The name to print with a number: the rule and the mirror merge, and for a held-out fold which folds took part. */
export function protocolLabel(result: MergedResult): string {
  const folds =
    'thresholdFold' in result
      ? `, fold ${result.folds[0]!.fold} at the threshold of fold ${result.thresholdFold.fold}`
      : '';
  return `${result.protocol} (${result.merge}${folds})`;
}

/** A share as per cent with two decimals, without the sign. */
export function percent(share: number): string {
  return (100 * share).toFixed(2);
}

/** Accuracy in per cent, with the standard deviation over the folds where there is one: "86.32 ± 1.10". */
export function formatAccuracy({ accuracy, std }: Pick<MergedResult, 'accuracy' | 'std'>): string {
  return std === null ? percent(accuracy) : `${percent(accuracy)} ± ${percent(std)}`;
}

/** One row per measure, one column per run. All runs must have been evaluated on the same pairs in the same way. */
export function metricsTable(
  runs: readonly { name: string; metrics: VerificationMetrics }[],
  title?: string,
): Table {
  const first = runs[0]!.metrics;
  const row = (name: string, cell: (metrics: VerificationMetrics) => string) => [
    name,
    ...runs.map(({ metrics }) => cell(metrics)),
  ];
  const toRead =
    first.protocols.length > 1 ? first.protocols.indexOf(firstResult(first.protocols)!) : undefined;
  const missing = first.tarAtFar.filter(({ tar }) => tar === null).map(({ far }) => far);
  return {
    title,
    columns: [{ header: '%' }, ...runs.map(({ name }) => ({ header: name, align: 'right' as const }))],
    rows: [
      ...first.protocols.map((result, k) =>
        row(protocolLabel(result), ({ protocols }) => formatAccuracy(protocols[k]!)),
      ),
      row(`EER (${first.merge})`, ({ equalErrorRate }) => percent(equalErrorRate)),
      row(`AUC (${first.merge})`, ({ areaUnderCurve }) => percent(areaUnderCurve)),
      ...first.tarAtFar.map(({ far }, k) =>
        row(`TAR @ FAR ${far} (${first.merge})`, ({ tarAtFar }) => {
          const { tar } = tarAtFar[k]!;
          return tar === null ? '–' : percent(tar);
        }),
      ),
    ],
    first: toRead,
    notes: [
      `${first.genuine} same and ${first.impostor} different pairs; ± is the population standard deviation over the folds.`,
      ...(missing.length > 0
        ? [
            `– : ${first.impostor} different pairs are too few for a false accept rate of ${missing.join(' or ')}.`,
          ]
        : []),
    ],
  };
}

/** What the rows of {@link metricsTable} are: a sentence for each of their protocols. */
export function protocolTable(protocols: readonly MergedResult[]): Table {
  return {
    title: 'What the rows are',
    columns: [{ header: 'protocol' }, { header: 'rule' }],
    rows: protocols.map(({ protocol }) => [protocol, protocolDescriptions[protocol]]),
    first: protocols.length > 1 ? protocols.indexOf(firstResult(protocols)!) : undefined,
    notes: [
      'Shaded: the row to read first. In brackets how features of image and mirror image are merged. The rules of published work differ, so the name of the rule belongs to every number.',
    ],
  };
}
