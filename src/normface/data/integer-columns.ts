/** Tables of whole numbers as text: millions of lines, which are read byte by byte, since as strings they would take much more memory. */

import { UserError } from '../../common/errors.ts';

/** Digits of numbers that are exact. */
const mostDigits = 15;

const tab = 9;
const newline = 10;
const carriageReturn = 13;
const space = 32;
const comma = 44;
const zero = 48;
const nine = 57;

/**
 * Reads lines of whole numbers from 0 with spaces, tabs or commas between; empty lines are none.
 * @param columns how many stand in each line
 * @param expected what a line is to hold, for the sentence
 * @returns a column for each place in a line. @throws UserError naming the line that is otherwise
 */
export function integerColumns(
  bytes: Uint8Array,
  columns: number,
  name: string,
  expected: string,
): Float64Array[] {
  let capacity = 1;
  for (const byte of bytes) if (byte === newline) capacity++;
  const table = Array.from({ length: columns }, () => new Float64Array(capacity));
  let count = 0;
  let line = 1;
  let field = 0;
  let digits = 0;
  let value = 0;
  const refuse = (): never => {
    throw new UserError(`${name} line ${line}: expected ${expected}`);
  };
  const endField = () => {
    if (digits === 0) return;
    if (field === columns) refuse();
    table[field++]![count] = value;
    digits = 0;
    value = 0;
  };
  const endLine = () => {
    endField();
    if (field > 0 && field < columns) refuse();
    if (field > 0) count++;
    field = 0;
    line++;
  };
  for (const byte of bytes) {
    if (byte >= zero && byte <= nine) {
      if (++digits > mostDigits) refuse();
      value = 10 * value + byte - zero;
    } else if (byte === newline) endLine();
    else if (byte === tab || byte === space || byte === comma || byte === carriageReturn) endField();
    else refuse();
  }
  endLine();
  return table.map((column) => column.subarray(0, count));
}
