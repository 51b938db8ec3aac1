/** What was measured for one piece of work. */
export interface Measurement {
  /** Empty while the work is still to be measured, and only what has failed so far is known. */
  readonly winner: string;
  /** Of each variant; one that failed has no number. */
  readonly milliseconds: Readonly<Record<string, number>>;
  /** Variants that could not be measured, and why. They are not tried again. */
  readonly failed?: Readonly<Record<string, string>>;
  /** Variants whose failure may have been the machine's, and when that was (Unix time in milliseconds): another run tries them once more. */
  readonly doubtful?: Readonly<Record<string, { readonly why: string; readonly at: number }>>;
}

/** Whether something happened since this process, or this page, began. */
export const isOfThisRun = ({ at }: { readonly at: number }): boolean => at >= performance.timeOrigin;

/** Whether there is a measurement that says which variant to use, and no variant that this run could try once more. */
export function isFinished(measurement: Measurement | undefined): boolean {
  return Boolean(measurement?.winner) && Object.values(measurement?.doubtful ?? {}).every(isOfThisRun);
}

export type Measurements = ReadonlyMap<string, Measurement>;

/** Keeps measurements of one adapter from run to run. */
export interface TuneStore {
  load(): Promise<Measurements>;
  /** Where that is, for people. */
  readonly location: string;
  /** Adds to what is stored. */
  save(measurements: Measurements): Promise<void>;
}

/** What was measured before, where what is measured now is added, and how long that may take. */
export interface KnownMeasurements {
  readonly store?: TuneStore | null;
  readonly measurements?: Measurements | undefined;
  readonly seconds?: number | undefined;
}

/** `fastest measured: 8.6 ms, next subgroup 64×32 with 9.1 ms` */
export function reasonOf({ winner, milliseconds }: Measurement): string {
  const time = milliseconds[winner];
  if (time === undefined) return 'default: when it was measured, no variant ran';
  const [next] = Object.entries(milliseconds)
    .filter(([name]) => name !== winner)
    .sort(([, a], [, b]) => a - b);
  if (!next) return `the only one that ran: ${time} ms`;
  // The default variant only gives way to one that beats it once more.
  if (next[1] < time) return `held its place in a run-off: ${time} ms, ${next[0]} first ${next[1]} ms`;
  return `fastest measured: ${time} ms, next ${next[0]} with ${next[1]} ms`;
}
