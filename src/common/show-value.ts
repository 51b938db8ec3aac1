/** A value from outside in a sentence: as JSON, cut where it is long. */
export function showValue(value: unknown): string {
  // JSON has no infinities: 1e999 would be shown as null.
  const text = (typeof value === 'number' ? undefined : JSON.stringify(value)) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
