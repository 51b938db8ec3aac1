/** Which rank the others wait for. */

/** Where the time of a rank went in some steps, all in seconds. */
export interface RankTimes {
  readonly rank: number;
  readonly host: string;
  /** On its own device and processor. */
  readonly compute: number;
  /** For the other ranks to come to a collective. */
  readonly waiting: number;
  /** In collectives, once all were there. */
  readonly communication: number;
}

export interface RanksReport {
  /** The rank with the most compute, or undefined where no rank stands out. */
  readonly slowest: RankTimes | undefined;
  /** Its compute over the median of all ranks; of the most if none stands out. */
  readonly ratio: number;
  /** Medians over the ranks, seconds a step. */
  readonly compute: number;
  readonly waiting: number;
  readonly communication: number;
  readonly steps: number;
  readonly ranks: number;
}

/** A rank below this many times the median is not called slow: times of steps vary by some per cent by themselves. */
const standsOut = 1.1;

/**
 * Finds the slowest rank of some steps. In a synchronous step all ranks take the same time, and who computes longest makes the others
 * wait; so ranks are compared by compute.
 *
 * @param times of every rank, at least one, with numbers that are finite and not negative
 * @param steps how many steps they are sums of
 */
export function reportRanks(times: readonly RankTimes[], steps: number): RanksReport {
  if (times.length === 0 || !(steps > 0)) throw new RangeError('there are no steps of no ranks to report');
  const middle = (key: 'compute' | 'waiting' | 'communication') => medianOf(times.map((time) => time[key]));
  const most = times.reduce((a, b) => (b.compute > a.compute ? b : a));
  const compute = middle('compute');
  // Two ranks have no middle one to be slower than: the other one is the measure.
  const measure = times.length === 2 ? Math.min(...times.map((time) => time.compute)) : compute;
  const ratio = measure > 0 ? most.compute / measure : 1;
  return {
    slowest: times.length > 1 && ratio >= standsOut ? most : undefined,
    ratio,
    compute: compute / steps,
    waiting: middle('waiting') / steps,
    communication: middle('communication') / steps,
    steps,
    ranks: times.length,
  };
}

/** A line for people: `slowest of the last 20 steps: rank 3 on host b, compute 1.31 × the median · …`. */
export function ranksLine(report: RanksReport): string {
  const { slowest, ratio, compute, waiting, communication, steps, ranks } = report;
  const whole = compute + waiting + communication;
  const share = (seconds: number) => `${whole > 0 ? ((100 * seconds) / whole).toFixed(0) : 0} %`;
  const measure = ranks === 2 ? 'that of the other' : 'the median';
  const who = slowest
    ? `slowest of the last ${steps} steps: rank ${slowest.rank} on host ${slowest.host}, compute ${ratio.toFixed(2)} × ${measure}`
    : `no rank stands out in the last ${steps} steps: compute at most ${ratio.toFixed(2)} × ${measure}`;
  return `${who} · ranks compute ${share(compute)}, wait ${share(waiting)}, communicate ${share(communication)}`;
}

function medianOf(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
