/** Style sheet of `profile.html`: system fonts, light and dark, one column on a phone. */

import { type FamilyName, families } from './families.ts';

const familyVariables = (mode: 'light' | 'dark') =>
  (Object.keys(families) as FamilyName[]).map((name) => `--${name}: ${families[name][mode]};`).join(' ');

const familyRules = (Object.keys(families) as FamilyName[])
  .map((name) => `.family-${name} { --family: var(--${name}); }`)
  .join('\n');

export const pageStyle = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --raised: #f6f7f9; --line: #d9dde3; --strong: #8b94a1; --ink: #16191d; --soft: #56606c;
  --accent: #1f5fc4; --wash: #e8f0fc; --measured: #177245; --exact: #1f5fc4; --modelled: #855300;
  ${familyVariables('light')}
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --raised: #1c2026; --line: #323841; --strong: #727d8b; --ink: #e8ebef; --soft: #a3adb9;
    --accent: #7fb2ff; --wash: #1d2d46; --measured: #6fd09a; --exact: #7fb2ff; --modelled: #f0c067;
    ${familyVariables('dark')}
  }
}
${familyRules}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 80rem; background: var(--paper); color: var(--ink);
  font: 0.9375rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums;
}
h1 { margin: 0; font-size: clamp(1.3rem, 3.4vw, 1.75rem); line-height: 1.25; }
h2 { margin: 2.75rem 0 0.5rem; font-size: 1.2rem; }
p { margin: 0 0 0.75rem; max-width: 52rem; }
a { color: var(--accent); }
code { font: 0.85em/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.soft, small { color: var(--soft); font-size: 0.8125rem; }
.kind { font-size: 0.6875rem; letter-spacing: 0.02em; white-space: nowrap; }
.kind::before { content: ""; display: inline-block; width: 0.5em; height: 0.5em; margin-right: 0.35em; border-radius: 50%; background: currentColor; }
.measured { color: var(--measured); } .exact, .published { color: var(--exact); } .modelled { color: var(--modelled); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }

.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(16rem, 1fr)); gap: 0.75rem; margin: 1.5rem 0 0; }
.tiles > div { padding: 0.7rem 0.9rem; background: var(--raised); border: 1px solid var(--line); border-radius: 6px; }
.tiles dt { color: var(--soft); font-size: 0.8125rem; }
.tiles dd { margin: 0.1rem 0 0; font-size: 1.25rem; font-weight: 600; line-height: 1.3; }
.tiles dd small { display: block; font-weight: 400; }

.bars { margin: 0.75rem 0 0; padding: 0; list-style: none; }
.bars li {
  display: grid; grid-template-columns: 23rem minmax(4rem, 1fr) 5.5rem 4rem 11.5rem 12.5rem; gap: 0 1rem; align-items: center;
  padding: 0.3rem 0; border-top: 1px solid var(--line);
}
.bars .track { height: 0.85rem; background: var(--raised); border-radius: 2px; overflow: hidden; }
.bars .fill { height: 100%; background: var(--family); border-radius: 2px; }
.bars .number { text-align: right; white-space: nowrap; }
.bars .rates { color: var(--soft); font-size: 0.8125rem; white-space: nowrap; }
.swatch { display: inline-block; width: 0.7em; height: 0.7em; margin-right: 0.5em; border-radius: 2px; background: var(--family); }
.backward.swatch, .backward > .swatch { opacity: 0.5; }

.scroll { overflow-x: auto; margin: 0.5rem 0; border: 1px solid var(--line); border-radius: 6px; }
.scroll > svg { display: block; width: 100%; height: auto; min-width: 44rem; }
.scroll > .roofline { min-width: 34rem; max-width: 60rem; margin: 0 auto; }
.tall { max-height: min(46rem, 80vh); }
.timeline { position: relative; width: calc(100% * var(--zoom, 1)); height: 7rem; min-width: 100%; }
.timeline a {
  position: absolute; overflow: hidden; padding: 0 0.2rem; color: #fff; background: var(--family); font-size: 0.6875rem;
  white-space: nowrap; text-decoration: none; border-right: 1px solid var(--paper);
}
@media (prefers-color-scheme: dark) { .timeline a { color: #0f1215; } }
.timeline a.backward { opacity: 0.72; }
.timeline a:hover { filter: brightness(1.15); }
.timeline .calls { top: 0.5rem; height: 2rem; line-height: 2rem; }
.timeline .parts { top: 2.6rem; height: 1.6rem; line-height: 1.6rem; }
.timeline .tick { position: absolute; top: 4.6rem; padding-left: 0.25rem; border-left: 1px solid var(--strong); color: var(--soft); font-size: 0.75rem; white-space: nowrap; }

.controls { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: center; margin: 0.5rem 0; }
input[type="search"] {
  flex: 1 1 14rem; max-width: 26rem; padding: 0.45rem 0.7rem; color: inherit; background: var(--raised); font: inherit;
  border: 1px solid var(--strong); border-radius: 6px;
}
table { width: 100%; border-collapse: collapse; }
th, td { padding: 0.35rem 0.75rem; text-align: left; font-weight: 400; vertical-align: top; }
.right { text-align: right; white-space: nowrap; }
.dispatches, .layers { font-size: 0.8125rem; }
.dispatches th, .dispatches td { padding: 0.35rem 0.6rem; }
.layers th, .layers td { padding: 0.25rem 0.6rem; }
.layers tbody tr > * { border-top: 1px solid var(--line); }
.layers tbody th { white-space: nowrap; }
.layers thead th, .layers .total > * { font-weight: 600; }
.layers .total > * { position: sticky; bottom: 0; background: var(--raised); box-shadow: inset 0 1px var(--line); }
.dispatches thead th, .layers thead th {
  position: sticky; top: 0; z-index: 1; background: var(--raised); box-shadow: inset 0 -1px var(--line); vertical-align: bottom;
}
.dispatches td.once { white-space: nowrap; }
.dispatches thead button {
  padding: 0; color: inherit; background: none; border: 0; font: inherit; font-weight: 600; cursor: pointer; white-space: nowrap;
}
.dispatches thead .kind { display: block; }
[aria-sort="ascending"] button::after { content: " ▲"; font-size: 0.7em; }
[aria-sort="descending"] button::after { content: " ▼"; font-size: 0.7em; }
.dispatches > tbody > tr > * { border-top: 1px solid var(--line); }
.dispatches > tbody > tr:first-child { cursor: pointer; }
.dispatches > tbody > tr:first-child:hover, .dispatches > tbody.open > tr { background: var(--wash); }
.dispatches td > button { padding: 0; color: var(--accent); background: none; border: 0; font: inherit; cursor: pointer; text-align: left; }
.details { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); gap: 0.5rem 2.5rem; padding: 0.25rem 0 0.75rem; }
.details h3 { margin: 0.4rem 0 0.2rem; font-size: 0.875rem; }
.details table { width: auto; }
.details th, .details td { padding: 0.1rem 1rem 0.1rem 0; }
.details th { color: var(--soft); white-space: nowrap; }
.details code { white-space: nowrap; }

@media (max-width: 72rem) {
  .bars li { grid-template-columns: 1fr auto 4rem; gap: 0 0.75rem; padding: 0.5rem 0; }
  .bars .track { grid-column: 1 / -1; grid-row: 2; margin: 0.2rem 0; }
  .bars .rates { grid-column: 1; grid-row: 3; }
  .bars .rates + .rates { grid-column: 2 / -1; text-align: right; }
  .wide { display: none; }
}
@media (max-width: 40rem) {
  body { padding: 1.25rem 1rem 3rem; }
  .tiles { grid-template-columns: 1fr 1fr; gap: 0.5rem; }
  .tiles > div { padding: 0.55rem 0.7rem; }
  .tiles dd { font-size: 1.05rem; }
  .bars .rates, .bars .rates + .rates { grid-column: 1 / -1; grid-row: auto; text-align: left; white-space: normal; }
  .middle { display: none; }
  .dispatches th, .dispatches td { padding: 0.35rem 0.5rem; }
  .layers th, .layers td { padding: 0.25rem 0.4rem; }
  .dispatches td.once, .layers tbody th { white-space: normal; }
  .details { padding: 0; }
  .facts th, .facts td { display: block; padding: 0; }
  .facts td { padding-bottom: 0.35rem; }
}
@media print { .controls { display: none; } section { break-inside: avoid; } }
`;
