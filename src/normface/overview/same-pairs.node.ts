/** Which of several runs were judged on the same pairs by the same rule. */

import { UserError } from '../../common/errors.ts';
import type { ComparedRun } from './compared-run.node.ts';
import type { DecidedRun } from './paired-difference.ts';
import { readDecisions } from './score-file.node.ts';

/** Runs that can be compared pair by pair, in the order in which they were named. */
export interface SamePairs {
  /** The rule behind the decisions, with its merge. */
  readonly rule: string;
  /** What the pairs are called. */
  readonly pairs: string;
  readonly pairsSha256: string;
  readonly runs: readonly DecidedRun[];
}

/** Groups of at least two runs; of several evaluations of a run on the same pairs the last one, by the names of their folders. */
export function samePairs(runs: readonly ComparedRun[]): { groups: SamePairs[]; problems: string[] } {
  const groups = new Map<
    string,
    { rule: string; pairs: string; pairsSha256: string; runs: Map<string, DecidedRun> }
  >();
  const problems: string[] = [];
  for (const { name, evaluations } of runs)
    for (const { folder, index, run } of evaluations) {
      const { rule } = index.runs[run]!;
      if (rule === null) continue;
      const { pairs, pairsSha256 } = index;
      const key = `${pairsSha256} ${rule}`;
      try {
        const decisions = readDecisions(folder, index, run);
        const group = groups.get(key) ?? { rule, pairs, pairsSha256, runs: new Map() };
        group.runs.set(name, { name, decisions });
        groups.set(key, group);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        problems.push(error.message);
      }
    }
  return {
    groups: [...groups.values()].flatMap((group) =>
      group.runs.size > 1 ? [{ ...group, runs: [...group.runs.values()] }] : [],
    ),
    problems,
  };
}
