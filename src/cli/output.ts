/** A stream that text goes to: `process.stdout`, or a recorder in tests. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}
