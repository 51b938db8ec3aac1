/** Colours of pictures, light and dark. */

import { families } from './families.ts';

/** What pictures are drawn with; {@link pictureStyle} turns it into the dark colours. */
export const pictureColours = {
  paper: '#ffffff',
  ink: '#16191d',
  soft: '#56606c',
  line: '#d9dde3',
  strong: '#8b94a1',
} as const;

const dark: Readonly<Record<keyof typeof pictureColours, string>> = {
  paper: '#14171b',
  ink: '#e8ebef',
  soft: '#a3adb9',
  line: '#323841',
  strong: '#727d8b',
};

export const pictureFont = 'system-ui, -apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif';

/**
 * Style sheet inside an SVG whose elements have the light colours as attributes: readers without style sheets show those, and in
 * the dark each is replaced by its counterpart. `scope`, a selector of the picture, keeps it from the rest of a page.
 */
export function pictureStyle(scope: string): string {
  const pairs = [
    ...(Object.keys(dark) as (keyof typeof dark)[]).map((name) => [pictureColours[name], dark[name]]),
    ...Object.values(families).map((family) => [family.light, family.dark]),
  ];
  const rules = pairs.flatMap(([from, to]) =>
    ['fill', 'stroke'].map((property) => `${scope} [${property}="${from}"] { ${property}: ${to}; }`),
  );
  return `<style>@media (prefers-color-scheme: dark) { ${rules.join(' ')} }</style>`;
}
