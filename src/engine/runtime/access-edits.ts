/** Other WGSL in the place of accesses to arrays in storage. */

import type { StorageAccess } from './storage-accesses.ts';

/** What stands in the place of accesses to one array: what comes before the index, and what comes behind it. */
export interface ArrayAccess {
  /** Of a value. */
  readonly read: readonly [before: string, behind: string];
  /** Of an assignment; the value follows, and a closing parenthesis. */
  readonly write: readonly [before: string, behind: string];
  /** In the place of a question for the length; default: the question. */
  readonly length?: string;
}

/** Text for a part of another text. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The text with other accesses to arrays, and with more edits that do not overlap with these. Lines stay where they are.
 *
 * @param accesses what is inside of another one comes before it
 * @param accessOf by the name of the array; undefined where accesses stay
 */
export function withAccesses(
  wgsl: string,
  accesses: readonly StorageAccess[],
  accessOf: (name: string) => ArrayAccess | undefined,
  more: readonly Edit[] = [],
): string {
  const edits: Edit[] = [...more];
  const edit = (start: number, end: number, text: string): void => {
    edits.push({ start, end, text });
  };
  const edited = (start: number, end: number): string => {
    let text = '';
    let done = start;
    const inside = edits.filter((one) => one.start >= start && one.end <= end);
    for (const one of inside.sort((a, b) => a.start - b.start)) {
      if (one.start < done) continue; // inside of what was replaced
      text += wgsl.slice(done, one.start) + one.text;
      done = one.end;
    }
    return text + wgsl.slice(done, end);
  };
  for (const access of accesses) {
    const { kind, elem } = access;
    const by = accessOf(access.name);
    if (!by) continue;
    const { read, write, length } = by;
    if (kind === 'length') {
      if (length !== undefined) edit(elem.start, elem.end, length);
    } else if (kind === 'read') {
      edit(elem.start, elem.access.start, read[0]);
      edit(elem.access.end, elem.end, read[1]);
    } else {
      const { target } = access;
      const { op, rhs } = elem;
      const index = edited(target.access.start, target.access.end);
      // x[i] += v is x[i] = x[i] + (v).
      const before = op.value === '=' ? '(' : `${read.join(index)} ${op.value.slice(0, -1)} (`;
      edit(target.start, rhs.start, `${write.join(index)}${before}`);
      edit(rhs.end, rhs.end, '))');
    }
  }
  return edited(0, wgsl.length);
}
