/** Numbers on axes. */

/** 0.0001, 0.5, 1200 as they are, without float noise. */
export function plain(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/** A share as "12.5%". */
export function percentTick(share: number): string {
  return `${plain(100 * share)}%`;
}
