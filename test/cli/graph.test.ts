import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { AutogradGraph } from '../../src/inspector/graph/graph.ts';
import { listing, normface, temporaryFolder } from './run.ts';

const folder = temporaryFolder();
const tiny = ['graph', '--net', 'tiny', '--batch', '4', '--classes', '1334'];

test('normface graph prints the operators of net and loss and writes nothing', async () => {
  const { exitCode, stdout } = await normface(...tiny, '--loss', 'normface');
  expect(exitCode).toBe(0);
  expect(stdout).toContain('tiny, batch 4, normface, 1,334 people');
  expect(stdout).toMatch(/conv1 \+ prelu1 +fusedConv2d +4×28×24×16 +168 KiB +464 /);
  expect(stdout).toMatch(/loss +cosineSoftmaxLoss +scalar +4 B +85,377 /);
  expect(stdout).not.toContain('wrote');
  expect(listing(folder)).toEqual([]);
});

test('normface graph draws SVG and DOT', async () => {
  const [svg, dot] = [path.join(folder, 'graph.svg'), path.join(folder, 'deep', 'graph.dot')];
  const drawn = await normface(...tiny, '--out', svg);
  expect(drawn.exitCode).toBe(0);
  expect(drawn.stdout).toContain(`wrote   ${svg}`);
  expect(readFileSync(svg, 'utf8')).toMatch(/^<svg[\s\S]*conv1 \+ prelu1[\s\S]*<\/svg>\s*$/);
  expect((await normface(...tiny, '--parameters', '--out', dot)).exitCode).toBe(0);
  expect(readFileSync(dot, 'utf8')).toContain('"conv1.weight" -> "conv1 + prelu1"');
});

test('normface graph takes a configuration, and --json gives the graph', async () => {
  const config = path.join(folder, 'config.json');
  writeFileSync(config, JSON.stringify({ net: 'tiny', batchSize: 6, loss: { name: 'arcface' } }));
  const { exitCode, stdout, stderr } = await normface(
    '--json',
    'graph',
    config,
    '--classes',
    '20',
    '--set',
    'auxiliaryLoss.name=center',
  );
  expect(exitCode).toBe(0);
  const graph = JSON.parse(stdout) as AutogradGraph & { event: string };
  expect(graph).toMatchObject({ event: 'result', title: 'tiny, batch 6, arcface + center, 20 people' });
  expect(graph.operators[0]!.output.shape).toEqual([6, 28, 24, 16]);
  expect(stderr).toContain('marginSoftmaxLoss');
});

test('normface graph counts the people of the data where nobody says how many', async () => {
  const words = [
    'graph',
    '--net',
    'tiny',
    '--batch',
    '2',
    '--set',
    'data.path=generated:identities=7,samples=2',
  ];
  expect((await normface(...words)).stdout).toContain('tiny, batch 2, softmax, 7 people');
});

test('normface graph says in a sentence what is wrong', async () => {
  const unknown = await normface('graph', '--net', 'huge', '--classes', '5');
  expect(unknown.exitCode).toBe(2);
  expect(unknown.stderr).toMatch(/^normface: there is no net "huge"; there are tiny, small/);
  const ending = await normface(...tiny, '--out', 'graph.png');
  expect(ending.exitCode).toBe(2);
  expect(ending.stderr).toBe('normface: --out graph.png: the name must end in .svg or .dot\n');
  const blocked = path.join(folder, 'taken.svg');
  mkdirSync(blocked);
  const unwritable = await normface(...tiny, '--out', blocked);
  expect(unwritable.exitCode).toBe(1);
  expect(unwritable.stderr).toBe(`normface: cannot write ${blocked}: it is a folder\n`);
});
