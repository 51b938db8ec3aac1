/** Pages of which parts are computed: what stands between two comments is, all else is written by people, in the page itself. */

const part = /<!-- computed: ([\w-]+) -->\n[\s\S]*?<!-- end of \1 -->/g;

/** The names of the parts of a page, in their order. */
export function partsOf(page: string): string[] {
  return [...page.matchAll(part)].map(([, name]) => name!);
}

/** The page with its computed parts replaced. @throws RangeError where a part is not computed, or has no place */
export function fill(page: string, parts: Readonly<Record<string, string>>): string {
  const [there, given] = [partsOf(page), Object.keys(parts)];
  const odd = [...there.filter((name) => !(name in parts)), ...given.filter((name) => !there.includes(name))];
  if (odd.length > 0) throw new RangeError(`parts without a text or a place: ${odd.join(', ')}`);
  return page.replaceAll(
    part,
    (_, name: string) => `<!-- computed: ${name} -->\n\n${parts[name]!.trim()}\n\n<!-- end of ${name} -->`,
  );
}
