import { bytesText } from '../../common/format.ts';
import { oneLine } from '../../common/printable.ts';
import type { Table } from '../../common/table.ts';
import { percent } from '../evaluation/summary.ts';
import { duration } from '../training/progress.ts';
import type { BestVerification, RunSummary } from './run-summary.ts';

/** Longer texts are cut in the middle. */
const longest = 32;

/** A row for each run. @param nameOf what a run is called in the table */
export function runsTable(runs: readonly RunSummary[], nameOf: (folder: string) => string): Table {
  const right = (header: string) => ({ header, align: 'right' as const });
  return {
    columns: [
      { header: 'run' },
      { header: 'started' },
      { header: 'data' },
      { header: 'net' },
      { header: 'loss' },
      right('steps'),
      right('last loss'),
      { header: 'verification, %' },
      right('time'),
      { header: 'state' },
      right('size'),
    ],
    rows: runs.map((run) => [
      oneLine(nameOf(run.folder)),
      run.started === null ? '–' : localTime(run.started),
      cut(run.data),
      cut(run.net),
      cut(run.loss),
      stepsText(run),
      run.lastLoss === null ? '–' : lossText(run.lastLoss),
      run.best === null ? '–' : bestText(run.best),
      run.seconds === null ? '–' : duration(run.seconds),
      stateText(run),
      bytesText(run.bytes),
    ]),
    notes: runs.flatMap(({ folder, problem, endedEarly }) => [
      ...(problem === null ? [] : [`${oneLine(nameOf(folder))}: ${oneLine(problem)}`]),
      ...(endedEarly === null ? [] : [`${oneLine(nameOf(folder))} ended early: ${oneLine(endedEarly)}`]),
    ]),
  };
}

/** "86.32 normface-pca (sum)", of a validation while training also its step. */
export function bestText({ accuracy, protocol, step }: BestVerification): string {
  return `${percent(accuracy)} ${oneLine(protocol)}${step === null ? '' : `, step ${step}`}`;
}

/** "finished", or "finished early" where evaluations ended the training. */
export function stateText({ state, endedEarly }: Pick<RunSummary, 'state' | 'endedEarly'>): string {
  return state === 'finished' && endedEarly !== null ? 'finished early' : state;
}

/** "120 / 400", or what is known of it. */
export function stepsText({ step, totalSteps }: Pick<RunSummary, 'step' | 'totalSteps'>): string {
  return step === null ? '–' : `${step} / ${totalSteps ?? '?'}`;
}

/** Four significant digits; of a run that diverged "1.23e30". */
export function lossText(loss: number): string {
  return Math.abs(loss) >= 1e4
    ? loss.toExponential(2).replace('e+', 'e')
    : String(Number(loss.toPrecision(4)));
}

/** A moment as this computer's clock shows it: 2026-11-30 18:05. */
function localTime(iso: string): string {
  const time = new Date(iso);
  const two = (value: number) => String(value).padStart(2, '0');
  const date = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-');
  return `${date} ${two(time.getHours())}:${two(time.getMinutes())}`;
}

function cut(text: string | null): string {
  if (text === null) return '–';
  const line = oneLine(text);
  const half = (longest - 1) / 2;
  return line.length <= longest ? line : `${line.slice(0, Math.floor(half))}…${line.slice(-Math.ceil(half))}`;
}
