import fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../src/common/errors.ts';
import { checkNet } from '../../../src/normface/nets/check-net.ts';
import { nets } from '../../../src/normface/nets/index.ts';
import { layerKinds } from '../../../src/normface/nets/kinds.ts';
import { planNet } from '../../../src/normface/nets/plan.ts';

const net = (...layers: unknown[]) => ({ name: 'mine', input: [8, 8, 3], layers });
const conv = { kind: 'conv', name: 'conv1', channels: 4, kernel: 3 };
const kinds = Object.keys(layerKinds).join(', ');

test.each(nets.map((known) => [known.name, known]))(
  '%s is the same after it was written as JSON',
  (_, known) => {
    const read = checkNet(JSON.parse(JSON.stringify(known)), 'mine.json');
    const plan = (which: typeof known) => JSON.stringify(planNet(which));
    expect(plan(read)).toBe(plan(known));
    expect({ ...read, layers: 0 }).toEqual({ ...known, layers: 0 });
  },
);

describe('refuses in one sentence', () => {
  test.each<[string, unknown, string]>([
    ['what is no object', [], 'it is [], expected an object'],
    ['a missing name', { input: [8, 8, 3], layers: [] }, 'a net lacks "name"'],
    [
      'a name that cannot be that of a file',
      { ...net(conv), name: 'a/b' },
      'name is "a/b", expected letters',
    ],
    [
      'a mistyped key',
      { ...net(conv), layer: [] },
      'a net has no setting "layer", did you mean "layers"?; it has name, input, layers, pixels',
    ],
    [
      'images of two channels',
      { ...net(conv), input: [8, 8, 2] },
      'input is [8,8,2], expected [height, width, channels] with 3 channels for colour or 1 for grey',
    ],
    [
      'images of no height',
      { ...net(conv), input: [0, 8, 3] },
      'input[0] is 0, expected a whole number from 1',
    ],
    ['half a range of pixels', { ...net(conv), pixels: { mean: 1 } }, 'pixels (pixels) lacks "scale"'],
    ['layers that are no list', { ...net(), layers: { conv } }, 'layers is {"conv":'],
    ['no layer', net(), 'layers is empty: a net needs at least one'],
    [
      'a layer that is a word',
      net('relu'),
      'layers[0] is "relu", expected a layer such as { "kind": "relu", "name": "relu1" }',
    ],
    ['a layer without a kind', net({ name: 'a' }), `layers[0] lacks a "kind": one of ${kinds}`],
    [
      'an unknown kind',
      net(conv, { kind: 'con', name: 'a' }),
      `layers[1]: unknown layer kind "con", did you mean "conv"?; known: ${kinds}`,
    ],
    [
      'a kind that objects have of themselves',
      net({ kind: 'constructor', name: 'a' }),
      'layers[0]: unknown layer kind "constructor"',
    ],
    [
      'an unknown kind in a shortcut',
      net(conv, { kind: 'residual', name: 'r', layers: [], shortcut: [{ kind: 'conv3d', name: 'a' }] }),
      'layers[1].shortcut[0]: unknown layer kind "conv3d"',
    ],
    [
      'an unknown kind in a branch',
      net({ kind: 'branches', name: 'b', branches: [[], [conv, { kind: 'gelu', name: 'a' }]] }),
      'layers[0].branches[1][1]: unknown layer kind "gelu"',
    ],
    ['a missing setting', net({ ...conv, kernel: undefined }), 'layers[0] (conv) lacks "kernel"'],
    ['a missing name of a layer', net({ kind: 'relu' }), 'layers[0] (relu) lacks "name"'],
    [
      'an unknown setting',
      net({ ...conv, strides: 2 }),
      'layers[0] (conv) has no setting "strides", did you mean "stride"?; it has kind, name, channels',
    ],
    [
      'half a channel',
      net({ ...conv, channels: 1.5 }),
      'layers[0].channels is 1.5, expected a whole number from 1 to 131072',
    ],
    [
      'more channels than numbers can count',
      net({ ...conv, channels: 1e15 }),
      'layers[0].channels is 1000000000000000, expected',
    ],
    [
      'a kernel of text',
      net({ ...conv, kernel: '3' }),
      'layers[0].kernel is "3", expected a whole number from 1 to 131072, or two of them as [vertical, horizontal]',
    ],
    [
      'a bias of text',
      net({ ...conv, bias: 'no' }),
      'layers[0].bias is "no", expected true, false, or the number',
    ],
    [
      'unknown initial values',
      net({ ...conv, init: { normal: 1 } }),
      'layers[0].init is {"normal":1}, expected "xavier", or one of',
    ],
    [
      'a rate of one',
      net({ kind: 'dropout', name: 'd', rate: 1 }),
      'layers[0].rate is 1, expected a number of at least 0 and less than 1',
    ],
    [
      'one branch',
      net({ kind: 'branches', name: 'b', branches: [[]] }),
      'layers[0].branches is [[]], expected a list of at least two lists of layers',
    ],
    [
      'an unknown join',
      net({ kind: 'branches', name: 'b', branches: [[], []], join: 'max' }),
      'layers[0].join is "max", expected one of concatenate, add',
    ],
    [
      'a shortcut that is a layer',
      net({ kind: 'residual', name: 'r', layers: [], shortcut: conv }),
      'layers[0].shortcut is {"kind":"conv"',
    ],
    [
      'a name twice, however deep',
      net(conv, { kind: 'residual', name: 'r', layers: [{ ...conv }] }),
      'layers[0] and layers[1].layers[0] are both called "conv1"; names must differ',
    ],
    [
      'a name of the loss',
      net({ ...conv, name: 'loss' }),
      'layers[0] is called "loss", but names that begin with "loss" are those of the loss',
    ],
    [
      'a number that is not finite',
      net({ kind: 'prelu', name: 'p', slope: Number.POSITIVE_INFINITY }),
      'layers[0].slope is Infinity, expected a finite number',
    ],
  ])('%s', (_, value, sentence) => {
    let error: unknown;
    try {
      checkNet(value, 'mine.json');
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toMatch(/^mine\.json: [^\n]+$/);
    expect((error as Error).message).toContain(`mine.json: ${sentence}`);
  });
});

describe('docs/nets.md', () => {
  const page = fs.readFileSync(new URL('../../../docs/nets.md', import.meta.url), 'utf8');

  test('has an example that is a net', () => {
    const example = checkNet(JSON.parse(/```json\n([\s\S]*?)```/.exec(page)![1]!), 'docs/nets.md');
    expect(planNet(example).at(-1)!.output).toEqual([128]);
  });

  test.each(Object.entries(layerKinds))('tells of every setting of %s', (kind, { required, optional }) => {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${kind}\` |`))!;
    const shared = kind === 'averagePool' ? ['stride', 'padding', 'ceilMode'] : [];
    for (const setting of [...Object.keys(required), ...Object.keys(optional)])
      if (!shared.includes(setting)) expect(row).toContain(`\`${setting}\``);
  });
});
