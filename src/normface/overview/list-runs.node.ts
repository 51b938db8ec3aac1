/** All runs below a folder with their best verification, in the order that a person asks for. */

import path from 'node:path';
import { type Evaluations, evaluationsOf, readEvaluations } from './evaluations.node.ts';
import { findRuns } from './find-runs.node.ts';
import type { RunOrder } from './run-orders.ts';
import { summariseRun } from './run-summary.node.ts';
import type { BestVerification, RunSummary } from './run-summary.ts';

/** Runs, and a sentence for everything that could not be looked at. */
export interface ListedRuns {
  readonly runs: readonly RunSummary[];
  readonly problems: readonly string[];
}

/** @throws UserError when the folder is not there */
export function listRuns(root: string, order: RunOrder = 'time'): ListedRuns {
  const found = findRuns(root);
  const evaluations = readEvaluations(found.evaluations);
  const runs = found.runs.map((folder) => withEvaluation(summariseRun(folder), evaluations));
  const problems = [
    ...found.unreadable.map(({ folder, reason }) => `cannot look into ${folder}: ${reason}`),
    ...evaluations.problems,
  ];
  return { runs: sorted(runs, order), problems };
}

/** Puts an evaluation in the place of a validation: its rule and pairs were chosen to judge by. */
function withEvaluation(summary: RunSummary, evaluations: Evaluations): RunSummary {
  const judged = evaluationsOf(summary.folder, evaluations).flatMap(({ index, run }): BestVerification[] => {
    const { accuracy, rule } = index.runs[run]!;
    if (accuracy === null || rule === null) return [];
    return [{ accuracy, protocol: rule, pairs: index.pairs, source: 'evaluation', step: null }];
  });
  const best = judged.sort((a, b) => b.accuracy - a.accuracy)[0];
  return best ? { ...summary, best } : summary;
}

/** Runs that do not have what they are ordered by come last. */
function sorted(runs: readonly RunSummary[], order: RunOrder): RunSummary[] {
  const byName = (a: RunSummary, b: RunSummary) =>
    path.basename(a.folder).localeCompare(path.basename(b.folder), 'en', { numeric: true }) ||
    (a.folder < b.folder ? -1 : 1);
  const falling = (value: (run: RunSummary) => number | null) => (a: RunSummary, b: RunSummary) =>
    (value(b) ?? Number.NEGATIVE_INFINITY) - (value(a) ?? Number.NEGATIVE_INFINITY) || 0;
  const orders: Readonly<Record<RunOrder, (a: RunSummary, b: RunSummary) => number>> = {
    time: falling(({ started, updated }) => timeOf(started ?? updated)),
    name: byName,
    metric: (a, b) => byRule(a, b) || falling(({ best }) => best?.accuracy ?? null)(a, b),
    loss: falling(({ lastLoss }) => (lastLoss === null ? null : -lastLoss)),
    steps: falling(({ step }) => step),
    duration: falling(({ seconds }) => seconds),
    size: falling(({ bytes }) => bytes),
  };
  return [...runs].sort((a, b) => orders[order](a, b) || byName(a, b));
}

/** Accuracies by different rules, or of other pairs, are not compared: runs with the same ones stand together. */
function byRule({ best: a }: RunSummary, { best: b }: RunSummary): number {
  if (!a || !b) return Number(a === null) - Number(b === null);
  const rule = ({ protocol, pairs }: BestVerification) => `${protocol}\n${pairs ?? ''}`;
  return rule(a) < rule(b) ? -1 : Number(rule(a) > rule(b));
}

function timeOf(text: string | null): number | null {
  return text === null ? null : Date.parse(text);
}
