/** Numbers of a net that are none. */

import { oneLine } from '../../common/printable.ts';
import { refusal } from './formats/refusal.ts';

/** Names that a sentence has room for. */
const listed = 20;

/**
 * Refuses a net some of whose parameters are infinite or not a number: every feature that it computes would be, too.
 *
 * @param source what the sentence calls the file
 * @throws UserError with the names of these tensors
 */
export function checkFinite(values: ReadonlyMap<string, Float32Array>, source: string): void {
  const names = [...values].filter(([, numbers]) => !numbers.every(Number.isFinite)).map(([name]) => name);
  if (names.length === 0) return;
  const more = names.length > listed ? ` and ${names.length - listed} more` : '';
  throw refusal(
    `${source} has numbers that are infinite or not a number: ${names.slice(0, listed).map(oneLine).join(', ')}${more}`,
  );
}
