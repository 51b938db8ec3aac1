/** Colours of pictures, light and dark. */

import { type FamilyName, families } from './families.ts';

const light = { paper: '#ffffff', ink: '#16191d', soft: '#56606c', line: '#d9dde3' };
const dark: typeof light = { paper: '#14171b', ink: '#e8ebef', soft: '#a3adb9', line: '#323841' };

/** What pictures are drawn with in light; {@link pictureStyle} overrides it in dark by class. */
export const pictureColours = light;

export const pictureFont = 'system-ui, -apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif';

/**
 * Style sheet inside an SVG. Colours are attributes of the elements, for readers that know no style sheets; classes `paper`,
 * `ink`, `soft`, `line`, `ink-line` and the names of families give the dark ones. Every selector begins with `scope`, so that
 * pictures can share a page.
 */
export function pictureStyle(scope: string): string {
  const rule = (name: string, property: string, value: string) =>
    `${scope} .${name} { ${property}: ${value}; }`;
  const rules = [
    rule('paper', 'fill', dark.paper),
    rule('ink', 'fill', dark.ink),
    rule('soft', 'fill', dark.soft),
    rule('line', 'stroke', dark.line),
    rule('ink-line', 'stroke', dark.ink),
    ...(Object.keys(families) as FamilyName[]).flatMap((name) => [
      rule(`fill-${name}`, 'fill', families[name].dark),
      rule(`line-${name}`, 'stroke', families[name].dark),
    ]),
  ];
  return `<style>@media (prefers-color-scheme: dark) { ${rules.join(' ')} }</style>`;
}
