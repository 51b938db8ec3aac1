/** The computed parts of docs/recipes.md: today's losses with one recipe, what came out of each, and how to train it. */

import type { JsonObject } from '../../src/common/json.ts';
import { estimate } from '../../src/common/statistics.ts';
import {
  againstControlText,
  bestText,
  type Compared,
  differencesOf,
  type MeasuredRow,
  percentEstimate,
  points,
  sharedSeeds,
} from '../../src/normface/evaluation/verdict.ts';
import type { KnownValues, Plan } from '../../src/normface/paper/experiment.ts';
import type { Job } from '../../src/normface/paper/jobs/job.ts';
import { measurementsByLabel } from '../../src/normface/paper/tables/compared-results.node.ts';
import { measuredRow, pairsMeasure } from '../../src/normface/paper/tables/comparison.node.ts';
import {
  control,
  type LossRow,
  labelOf,
  laterRows,
  paperRows,
  rowsOf,
  todaysRows,
  withTheirControls,
} from '../../src/normface/paper/tables/loss-rows.ts';
import type { Recipe } from '../../src/normface/paper/tables/recipe.ts';
import { seedsRemark } from '../../src/normface/paper/tables/seeds-remark.ts';
import { table2Blocks } from '../../src/normface/paper/tables/table2.node.ts';
import { anchorOf } from './anchor.ts';
import { commandsOf } from './commands.ts';

/** A way to train a loss. */
interface Way {
  readonly name: string;
  /** What its losses are compared with. */
  readonly reference: string;
  readonly plan: Plan;
  /** Label of a loss in its plan. */
  label(row: LossRow): string;
  /** All that its section of docs/paper.md compares, so that differences and p-values are those of that section. */
  compared(measured: Measured): Compared[];
}

/** Rows of a way by their labels, as far as they are measured. */
type Measured = ReadonlyMap<string, MeasuredRow>;

function against(reference: string): Way['compared'] {
  return (measured) => {
    const control = measured.get(reference);
    return control
      ? [...measured.values()].flatMap((row) =>
          row === control || sharedSeeds(row, control) === 0 ? [] : [{ row, control }],
        )
      : [];
  };
}

/** A loss by one of the ways. */
interface Entry {
  readonly way: Way;
  readonly job: Job;
  /** Undefined while no seed is measured. */
  readonly row: MeasuredRow | undefined;
}

export interface RecipePlans {
  readonly recipe: Recipe;
  readonly scratch: Plan;
  readonly table2: Plan;
  readonly margins: Plan;
  readonly seeds: number;
}

/** The losses of the page; the first is what the others are compared with. */
export function recipeRows({ head }: Recipe): LossRow[] {
  return [...rowsOf(paperRows(head), [control.key, 'normface']), ...laterRows(head), ...todaysRows(head)];
}

function nameOf({ key, loss }: LossRow): string {
  if (key === control.key) return 'softmax';
  return key === 'normface' ? 'NormFace' : loss;
}

function waysOf({ recipe, scratch, table2, margins }: RecipePlans): Way[] {
  return [
    {
      name: 'from the beginning',
      reference: 'softmax',
      plan: scratch,
      label: (row) => (row.key === control.key ? 'softmax' : labelOf(row)),
      compared: against('softmax'),
    },
    {
      name: 'fine-tuned',
      reference: 'control',
      plan: table2,
      label: labelOf,
      compared: (measured) => {
        const rows = table2Blocks(recipe).flatMap((block) => block.rows);
        return withTheirControls(
          rows.flatMap((row) => {
            const own = measured.get(labelOf(row));
            return own ? [{ ...own, row }] : [];
          }),
        );
      },
    },
    {
      name: 'with a schedule',
      reference: 'control',
      plan: margins,
      label: ({ key, loss }) =>
        key === control.key ? 'control' : key === 'normface' ? 'softmax over cosines' : loss,
      compared: against('control'),
    },
  ];
}

/** @param path of the configuration that the commands begin with, and what it says */
export async function recipeParts(
  plans: RecipePlans,
  known: KnownValues,
  path: string,
  file: JsonObject,
): Promise<Record<'table' | 'verdicts' | 'losses', string>> {
  const { recipe, seeds } = plans;
  const measure = pairsMeasure(recipe);
  const ways = waysOf(plans);
  const found = await Promise.all(
    ways.map(async ({ plan }): Promise<Measured> => {
      const measured = await measurementsByLabel(known, plan.jobs, measure);
      return new Map(
        [...measured].flatMap(([label, own]) =>
          own.length > 0 ? [[label, measuredRow(label, own)] as const] : [],
        ),
      );
    }),
  );
  const losses = recipeRows(recipe).map((row) => ({
    name: nameOf(row),
    entries: ways.flatMap((way): Entry[] => {
      const planned = way.plan.jobs.find(({ label }) => label === way.label(row));
      return planned ? [{ way, job: planned.job, row: found[ways.indexOf(way)]!.get(planned.label) }] : [];
    }),
  }));
  const accuracy = ({ row }: Entry) =>
    row ? percentEstimate(estimate(row.values)) + seedsRemark(row.values.length, seeds) : 'not yet';
  const comparisons = ways.map((way, k) => {
    const compared = way.compared(found[k]!);
    const differences = differencesOf(compared);
    return {
      way,
      compared,
      byLabel: new Map(compared.map(({ row }, one) => [row.label, differences[one]!])),
    };
  });
  const difference = ({ way, row }: Entry) => {
    const found = row && comparisons[ways.indexOf(way)]!.byLabel.get(row.label);
    return found ? points(found) : '–';
  };
  const header = ['loss', ...ways.flatMap(({ name, reference }) => [name, `− ${reference}`])];
  const table = [
    header,
    [':--', ...ways.flatMap(() => ['--:', '--:'])],
    ...losses.map(({ name, entries }) => [
      `[${name}](#${anchorOf(name)})`,
      ...ways.flatMap((way) => {
        const entry = entries.find((one) => one.way === way);
        return entry ? [accuracy(entry), difference(entry)] : ['', ''];
      }),
    ]),
  ];
  const verdicts = comparisons.map(({ way, compared }) => {
    if (compared.length === 0) return `**${upper(way.name)}**: nothing to compare yet.`;
    const own = losses.flatMap(({ name, entries }) =>
      entries.flatMap(({ way: one, row }) => (one === way && row ? [{ ...row, name }] : [])),
    );
    const names = new Map(own.map(({ label, name }) => [label, name]));
    const pairs = `${compared[0]!.control.units![0]!.length.toLocaleString('en-US')} pairs`;
    const text = againstControlText(compared, pairs, { nameOf: (label) => names.get(label) });
    const best = bestText(
      own.map(({ name, ...row }) => ({ ...row, label: name })),
      pairs,
    );
    return `**${upper(way.name)}**: ${text.replace('Less the control', `less ${way.reference}`)} ${best}`;
  });
  const sections = losses.map(({ name, entries }) => {
    const lines = entries.map((entry) => [
      entry.way.name,
      `\`${JSON.stringify(entry.job.config.loss)}\``,
      accuracy(entry),
      difference(entry),
    ]);
    // Each command once: a fine-tune's beginning is that of all.
    const commands = [...new Set(entries.flatMap(({ job }) => commandsOf(job, path, file)))];
    return [
      `### ${name}`,
      tableText([['', '`loss`', 'accuracy', 'difference'], [':--', ':--', '--:', '--:'], ...lines]),
      `\`\`\`sh\n${commands.filter((command) => !command.endsWith('--name baseline')).join('\n')}\n\`\`\``,
    ].join('\n\n');
  });
  return { table: tableText(table), verdicts: verdicts.join('\n\n'), losses: sections.join('\n\n') };
}

function tableText(rows: readonly (readonly string[])[]): string {
  return rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function upper(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
