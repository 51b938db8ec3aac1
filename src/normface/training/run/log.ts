/** The records of a run's log and what curves are read from it. */

import { parseJson } from '../../../common/json.ts';

/** Numbers of one logged step; averages are over the steps since the last record. */
export interface StepRecord {
  readonly event: 'step';
  /** Steps done, so the first step is 1. */
  readonly step: number;
  readonly epoch: number;
  readonly loss: number;
  readonly learningRate: number;
  /** The factor of the cosine logits; absent for losses without one. */
  readonly scale?: number;
  /** Least loss with that scale and as many samples of every class (Proposition 2). */
  readonly bound?: number;
  /** Mean cosine between features and the weights of their own class, and of all other classes. */
  readonly positiveCosine?: number;
  readonly negativeCosine?: number;
  /** Mean length of the features and its standard deviation in a batch, and mean margin: of losses that have a margin for each sample. */
  readonly featureNorm?: number;
  readonly normDeviation?: number;
  readonly sampleMargin?: number;
  /** With precision f16: what the loss is multiplied by, and how many steps since the last record were skipped because gradients overflowed. */
  readonly lossScale?: number;
  readonly skipped?: number;
  readonly imagesPerSecond: number;
  /** Part of the time in which the GPU had to wait for images. */
  readonly dataWait: number;
  /** When the line was written, ISO 8601; logs of older versions do not say. */
  readonly time?: string;
}

/** A validation pass after `step` steps. */
export interface ValidationRecord {
  readonly event: 'validation';
  readonly step: number;
  /** Name of the protocol the numbers belong to. */
  readonly protocol: string;
  readonly accuracy: number;
  readonly threshold: number;
  /** Of all pairs that were judged; logs of older versions have neither. */
  readonly areaUnderCurve?: number;
  readonly equalErrorRate?: number;
  readonly time?: string;
}

/** What else happens in a run. */
export interface RunRecord {
  readonly event:
    | 'start'
    | 'resume'
    | 'set-aside'
    | 'checkpoint'
    /** Where the time of a rank of several went since the last such record, and what it sent. */
    | 'ranks'
    | 'device-lost'
    | 'interrupted'
    | 'done'
    | 'diverged';
  readonly step: number;
  readonly [detail: string]: unknown;
}

export type LogRecord = StepRecord | ValidationRecord | RunRecord;

/**
 * Parses the text of `log.jsonl`. Where a run was resumed at step k, or started again, what an earlier attempt had logged after k is
 * dropped, so the result reads like an uninterrupted run; a line cut off by a crash is skipped.
 */
export function parseLog(text: string): LogRecord[] {
  let records: LogRecord[] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    let record: LogRecord | null;
    try {
      record = parseJson(line) as LogRecord | null;
    } catch {
      continue;
    }
    if (typeof record?.step !== 'number') continue;
    const { step: first } = record;
    if (record.event === 'resume' || record.event === 'start')
      records = records.filter(({ step }) => step <= first);
    records.push(record);
  }
  return records;
}

/** Columns of `metrics.csv`: the numbers of a step, then those of a validation pass after it. */
const columns = [
  'step',
  'epoch',
  'loss',
  'bound',
  'scale',
  'positiveCosine',
  'negativeCosine',
  'featureNorm',
  'normDeviation',
  'sampleMargin',
  'lossScale',
  'skipped',
  'learningRate',
  'imagesPerSecond',
  'dataWait',
  'protocol',
  'accuracy',
  'threshold',
] as const;

/** The curves of a run as comma-separated values for spreadsheets, one line a logged step or validation. */
export function metricsCsv(records: readonly LogRecord[]): string {
  const lines = records
    .filter(({ event }) => event === 'step' || event === 'validation')
    .map((record) =>
      columns.map((name) => (record as unknown as Record<string, unknown>)[name] ?? '').join(','),
    );
  return `${[columns.join(','), ...lines].join('\n')}\n`;
}
