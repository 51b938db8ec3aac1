import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { UserError } from '../../../src/common/errors.ts';
import { findExperiments } from '../../../src/normface/paper/index.node.ts';
import { runExperiments } from '../../../src/normface/paper/run-experiments.node.ts';
import { writePaper } from '../../../src/normface/paper/write-paper.node.ts';
import { temporaryFolder } from '../data/fixtures.ts';
import { fakeExperiment, fakeRunner, square } from './fake.ts';

const read = (...parts: string[]) => readFileSync(join(...parts), 'utf8');

test('an experiment leaves numbers, plots and a page', async () => {
  const out = join(temporaryFolder(), 'new', 'folder');
  const { runner, said, emitted } = fakeRunner(out);
  const { finished, failed } = await runExperiments([fakeExperiment('one')], runner);
  expect(failed).toEqual([]);
  expect(finished[0]!.files).toEqual(
    ['numbers.csv', 'drawing.svg', 'drawing.png', 'drawing-dark.png', 'one.md'].map((name) =>
      join(out, 'one', name),
    ),
  );
  expect(read(out, 'one', 'numbers.csv')).toBe('"loss, which",value\n"a ""b""",0.1\nc,1e-9\n');
  expect(read(out, 'one', 'drawing.svg')).toBe(square);
  expect((await sharp(join(out, 'one', 'drawing.png')).metadata()).format).toBe('png');
  const page = read(out, 'one', 'one.md');
  expect(page).toContain('# Experiment one\n\nIn the paper: Something was found.\n\nRun 1 of one.');
  expect(page).toContain('| loss | x\\|y |\n| :-- | --: |\n| a | 0.1 |');
  expect(page).toContain(
    '<picture><source media="(prefers-color-scheme: dark)" srcset="drawing-dark.png"><img alt="A square" src="drawing.png"></picture>',
  );
  expect(page).toContain('*A drawn square.*');
  expect(page).toContain('[numbers.csv](numbers.csv)');
  expect(said).toContain('Run 1 of one.');
  expect(emitted).toEqual([expect.objectContaining({ event: 'experiment', name: 'one' })]);
});

test('a failing experiment keeps the others and its old files do not count as its result', async () => {
  const out = temporaryFolder();
  const { runner, warned } = fakeRunner(out);
  let broken = false;
  const bad = fakeExperiment('bad', () => {
    if (broken) throw new UserError('the images are gone');
  });
  const good = fakeExperiment('good');
  await runExperiments([bad], runner);
  broken = true;
  const { finished, failed } = await runExperiments([bad, good], runner);
  expect(finished.map(({ name }) => name)).toEqual(['good']);
  expect(failed.map(({ name, error }) => [name, error.message])).toEqual([['bad', 'the images are gone']]);
  expect(warned).toEqual(['bad failed: the images are gone']);
  writePaper([bad, good], runner);
  expect(read(out, 'paper.md')).not.toContain('Experiment bad');
});

test('a finished experiment is done again unless asked to resume with the same settings', async () => {
  const out = temporaryFolder();
  const { runner, said } = fakeRunner(out);
  const one = fakeExperiment('one');
  await runExperiments([one], runner);
  await runExperiments([one], runner);
  expect(one.runs).toBe(2);
  const { finished } = await runExperiments([one], runner, { resume: true });
  expect(one.runs).toBe(2);
  expect(finished.map(({ name }) => name)).toEqual(['one']);
  expect(said.at(-1)).toMatch(/^done before/);
  await runExperiments([one], fakeRunner(out, { seeds: 2 }).runner, { resume: true });
  expect(one.runs).toBe(3);
});

test('Ctrl-C ends with what is done', async () => {
  const out = temporaryFolder();
  let stop = false;
  const { runner } = fakeRunner(out, { shouldStop: () => stop });
  const first = fakeExperiment('first', () => {
    stop = true;
  });
  const second = fakeExperiment('second');
  const outcome = await runExperiments([first, second], runner);
  expect(outcome.interrupted).toBe(true);
  expect(outcome.finished.map(({ name }) => name)).toEqual(['first']);
  expect(second.runs).toBe(0);
  expect(existsSync(join(out, 'second', 'results.json'))).toBe(false);
});

test('the paper has every finished experiment in the order of the list', async () => {
  const out = temporaryFolder();
  const { runner } = fakeRunner(out);
  const [a, b, c] = ['a', 'b', 'c'].map((name) => fakeExperiment(name));
  await runExperiments([c!], runner);
  await runExperiments([a!], runner);
  const [report, page] = writePaper([a!, b!, c!], runner);
  const markdown = read(page!);
  expect(markdown.match(/^## .*$/gm)).toEqual(['## Experiment a', '## Experiment c']);
  expect(markdown).toContain('src="a/drawing.png"');
  expect(markdown).toContain(
    'computed from the numbers of its section:\n\nExperiment a: it ran.\n\nExperiment c: it ran.',
  );
  const html = read(report!);
  expect(html).toContain('<p>Experiment a: it ran.</p>');
  expect(html.match(/<h2>.*?<\/h2>/g)).toEqual(['<h2>Experiment a</h2>', '<h2>Experiment c</h2>']);
  expect(html).toContain(square);
});

test('the paper says how many seeds there are, few or more', async () => {
  const out = temporaryFolder();
  const { runner } = fakeRunner(out, { seeds: undefined });
  const [, page] = writePaper([fakeExperiment('a')], runner);
  expect(read(page!)).toContain('- Seeds: 1, of comparisons 5 or 3, as each section says');
});

test('experiments are found by name, each once', () => {
  const known = ['fig4', 'table2'].map((name) => fakeExperiment(name));
  expect(findExperiments(['table2', 'fig4', 'table2'], known)).toEqual([known[1], known[0]]);
  expect(() => findExperiments(['tabel2'], known)).toThrow(
    'there is no experiment "tabel2", did you mean "table2"? (known: fig4, table2)',
  );
});
