import { significant } from '../../src/common/format.ts';
import { type CardName, cardNames } from '../../src/inspector/estimate/card-names.ts';
import { cards } from '../../src/inspector/estimate/cards.ts';
import type { ChoiceTable } from './table.ts';

interface Tables {
  readonly step: string;
  readonly cards: Readonly<Record<string, ChoiceTable>>;
}

export function choicesPage({ step, cards: tables }: Tables): string {
  const sections = cardNames.map((name) => sectionOf(name, tables[name]!));
  return `# Variants that GPUs get where nothing was measured

Estimated, not measured: written by \`npm run estimate:choices\` for a training step of ${step}. "default" is what the rules of the engine
take ([adapter-class.ts](../../src/engine/tuning/adapter-class.ts)), "by the model" what has the least time by the
[model](../../docs/gpu.md#what-a-step-would-take-on-a-gpu-that-is-not-here). The model knows the bytes and the arithmetic of each way, how its workgroups divide among the cores and
what each dispatch costs, and nothing of what a tile reads of workgroup memory and caches: between algorithms it is of use, between tile sizes it favours small tiles. So
the rules are not made to follow it there. What \`normface tune\` measures on a machine goes before both.

${sections.join('\n')}`;
}

function sectionOf(name: CardName, table: ChoiceTable): string {
  const total = (time: (row: ChoiceTable[number]) => number): string =>
    significant(table.reduce((sum, row) => sum + time(row), 0) / 1000);
  const rows = table.map(
    ({ operation, work, variant, microseconds, best }) =>
      `| ${operation} | ${work} | ${variant} | ${significant(microseconds)} | ${best.variant === variant ? '' : best.variant} | ${best.variant === variant ? '' : significant(best.microseconds)} |`,
  );
  return `## ${name}: ${cards[name].name}

All pieces of work once: ${total(({ microseconds }) => microseconds)} ms by default, ${total(({ best }) => best.microseconds)} ms by the model.

| operation | work | default | µs | by the model | µs |
| --- | --- | --- | ---: | --- | ---: |
${rows.join('\n')}
`;
}
