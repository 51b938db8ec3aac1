import { darkSeries } from './plot-frame.node.ts';

/** Style sheet of reports: system fonts, light and dark, one column on narrow screens, two pictures a row on wide ones. */
export const reportStyle = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1d2127; --soft: #5c6570; --line: #d9dde2; --shade: #f4f6f8; --accent: #1065d6;
}
@media (prefers-color-scheme: dark) {
  :root { --paper: #16181d; --ink: #e6e8eb; --soft: #9aa3ad; --line: #353a42; --shade: #1f2228; --accent: #97a5ff; }
  ${darkSeries}
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 76rem;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
h1 { margin: 0 0 0.75rem; font-size: clamp(1.5rem, 4vw, 2.1rem); line-height: 1.2; }
h2 { margin: 3rem 0 0.75rem; padding-top: 1.25rem; border-top: 1px solid var(--line); font-size: 1.3rem; }
p { margin: 0 0 0.75rem; max-width: 46rem; }
dl {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 0.75rem 1.5rem;
  margin: 1.5rem 0 0; padding: 1rem 1.25rem; background: var(--shade); border-radius: 0.5rem;
}
dt { color: var(--soft); font-size: 0.85rem; }
dd { margin: 0; overflow-wrap: anywhere; }
pre {
  margin: 0 0 1rem; padding: 0.75rem 1rem; overflow-x: auto; background: var(--shade); border-radius: 0.5rem;
  font: 0.9rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
}
.table { overflow-x: auto; margin: 1rem 0 0.5rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding-bottom: 0.4rem; }
th, td { padding: 0.4rem 1.5rem 0.4rem 0; text-align: left; font-weight: 400; vertical-align: top; }
th:last-child, td:last-child { padding-right: 0; }
thead th { font-weight: 600; border-bottom: 2px solid var(--line); vertical-align: bottom; }
tbody tr + tr > * { border-top: 1px solid var(--line); }
td.right { white-space: nowrap; }
thead th:first-child, tbody th { position: sticky; left: 0; background: var(--paper); }
.right { text-align: right; }
.note { color: var(--soft); font-size: 0.9rem; margin-bottom: 0.35rem; }
.pictures { display: grid; gap: 2rem; margin-top: 1.25rem; align-items: start; }
figure { margin: 0; min-width: 0; }
figure > svg { display: block; width: 100%; max-width: 45rem; height: auto; background: none; }
h3 { margin: 1.5rem 0 0.75rem; font-size: 1rem; font-weight: 600; }
nav ul { columns: 20rem; margin: 1.5rem 0 0; padding: 0; list-style: none; }
nav a { color: var(--accent); }
.gallery { display: grid; gap: 1.25rem 1rem; grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); }
.gallery img { display: block; width: 100%; height: auto; border-radius: 0.25rem; }
.gallery figcaption { margin-top: 0.3rem; overflow-wrap: anywhere; line-height: 1.35; }
tr.first > * { background: var(--shade); font-weight: 600; }
figcaption { margin-top: 0.5rem; color: var(--soft); font-size: 0.9rem; max-width: 45rem; }
@media (min-width: 60rem) {
  .pictures { grid-template-columns: 1fr 1fr; }
  .pictures > :only-child { grid-column: 1 / -1; }
  .pictures:has(> :nth-child(3):last-child) { grid-template-columns: 1fr 1fr 1fr; }
}
@media (max-width: 40rem) {
  body { padding: 1.5rem 1rem 3rem; }
  table { font-size: 0.8rem; }
  th, td { padding-right: 0.6rem; }
  td.right { white-space: normal; }
  tbody th { overflow-wrap: anywhere; }
  tbody th { min-width: 6.5rem; }
}
@media print {
  body { max-width: none; padding: 0; }
  section, figure { break-inside: avoid; }
}
`;
