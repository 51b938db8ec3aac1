/** People whom two data sets have in common by their names. */

/** A name in one data set and the name that means the same in another. */
export interface SharedName {
  readonly a: string;
  readonly b: string;
}

/** A name without what people write differently: case, accents, and the characters between its words. */
export function foldedName(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[\s_\-.,']+/gu, ' ')
    .trim();
}

/** Whether names are numbers, which each data set gives out for itself. */
export function isNumber(name: string): boolean {
  return /^\d+$/.test(name);
}

/** Every couple of names that are the same once folded, in the order of `a`. */
export function sharedNames(a: readonly string[], b: readonly string[]): SharedName[] {
  const known = new Map<string, string[]>();
  for (const name of b) {
    const folded = foldedName(name);
    const same = known.get(folded);
    if (same) same.push(name);
    else known.set(folded, [name]);
  }
  return a.flatMap((name) => (known.get(foldedName(name)) ?? []).map((other) => ({ a: name, b: other })));
}
