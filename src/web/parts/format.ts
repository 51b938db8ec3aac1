/** Numbers for people. */

/** `1,234,567`. */
export function formatCount(value: number): string {
  return value.toLocaleString('en-US');
}

/** With so many significant digits and no exponent: `31.4`, `0.00123`, `1,230`. */
export function formatSignificant(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return String(value);
  return value.toLocaleString('en-US', { maximumSignificantDigits: digits, minimumSignificantDigits: 1 });
}

/** A cosine or another number with fixed decimals and a true minus sign, so that columns line up. */
export function formatFixed(value: number, decimals = 4): string {
  return value.toFixed(decimals).replace('-', '−');
}

/** `128 MiB`, `4 GiB`, `16,384 bytes` below one KiB and where it is no round number. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${formatSignificant(value, value >= 100 ? 4 : 3)} ${units[unit]}`;
}

/** `850 µs`, `12.3 ms`, `4.2 s`, `3 min`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1) return `${formatSignificant(1000 * milliseconds)} µs`;
  if (milliseconds < 1000) return `${formatSignificant(milliseconds)} ms`;
  if (milliseconds < 120_000) return `${formatSignificant(milliseconds / 1000)} s`;
  return `${formatSignificant(milliseconds / 60_000)} min`;
}

/** `12.34 %` of a share. */
export function formatPercent(share: number, decimals = 2): string {
  return `${(100 * share).toFixed(decimals)} %`;
}
