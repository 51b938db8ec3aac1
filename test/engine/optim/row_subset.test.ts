/** Rows that are trained as a parameter of their own: copied there and back with the optimiser's state, the others untouched. */

import { expect, test } from 'vitest';
import { Parameters } from '../../../src/engine/core/parameters.ts';
import { normal01 } from '../../../src/engine/core/random.ts';
import { multiply } from '../../../src/engine/ops/elementwise/multiply.ts';
import { sum } from '../../../src/engine/ops/reduce/sum.ts';
import { AdamW } from '../../../src/engine/optim/adam.ts';
import { RowSubset } from '../../../src/engine/optim/row_subset.ts';
import { SGD } from '../../../src/engine/optim/sgd.ts';
import { testDevice } from '../open.ts';

const device = await testDevice();

const [rows, columns, capacity] = [200, 3, 5];
const initial = Float32Array.from({ length: rows * columns }, (_, i) => normal01(1, 0, i));
// Three in use, in several windows; the others repeat one that is.
const chosen = [199, 64, 7, 199, 199];
const inUse = 3;

const optimisers = [
  ['SGD', (p: Parameters) => new SGD(p, { learningRate: 0.1, weightDecay: 0.1 })],
  ['AdamW', (p: Parameters) => new AdamW(p, { learningRate: 0.1 })],
] as const;

/** Two steps on the loss Σ w² of chosen rows, or of all rows in one parameter. */
async function train(make: (parameters: Parameters) => SGD | AdamW, subset: boolean) {
  const shape = [rows, columns];
  const small = {
    name: 'w.chosen',
    shape: [capacity, columns],
    init: new Float32Array(capacity * columns),
    transient: true,
  };
  const parameters = new Parameters(
    device,
    subset
      ? [{ name: 'w', shape, init: initial, frozen: true }, small]
      : [{ name: 'w', shape, init: initial }],
  );
  const optimiser = make(parameters);
  const list = device.tensor(chosen, [capacity], 'u32');
  const count = device.tensor([inUse], [1], 'u32');
  const options = { all: 'w', chosen: 'w.chosen', rows: list, count };
  const pick = subset ? new RowSubset(parameters, optimiser, options) : null;
  device.settings.limiting({ classWindowBytes: 64 * columns * 4 }, () => {
    for (let step = 0; step < 2; step++) {
      pick?.gather();
      const w = parameters.get(subset ? 'w.chosen' : 'w');
      sum(multiply(w, w)).backward();
      optimiser.step();
      pick?.scatter();
    }
  });
  const found = { values: await parameters.readAll(), state: await optimiser.state() };
  optimiser.dispose();
  parameters.dispose();
  return found;
}

test.each(optimisers)('%s: the same bits as in the whole parameter; other rows stay', async (_, make) => {
  const [part, whole] = [await train(make, true), await train(make, false)];
  expect([...part.values.keys()]).toEqual(['w']);
  expect([...part.state.keys()].sort()).toEqual([...whole.state.keys()].sort());
  const rowOf = (data: Float32Array, j: number) => [...data.subarray(j * columns, (j + 1) * columns)];
  const isTrained = (j: number) => chosen.slice(0, inUse).includes(j);
  for (let j = 0; j < rows; j++) {
    const expected = isTrained(j) ? whole.values.get('w')! : initial;
    expect(rowOf(part.values.get('w')!, j)).toEqual(rowOf(expected, j));
    for (const [name, data] of part.state) {
      if (data.length !== rows * columns) continue;
      const state = isTrained(j) ? rowOf(whole.state.get(name)!, j) : new Array(columns).fill(0);
      expect(rowOf(data, j)).toEqual(state);
    }
  }
});

test('refuses parameters that do not fit', () => {
  const parameters = new Parameters(device, [
    { name: 'a', shape: [4, 3], init: new Float32Array(12) },
    { name: 'b', shape: [2, 2], init: new Float32Array(4) },
  ]);
  const optimiser = new SGD(parameters, { learningRate: 0.1 });
  device.scope(() => {
    const list = device.tensor([0, 1], [2], 'u32');
    const count = device.tensor([1], [1], 'u32');
    expect(() => new RowSubset(parameters, optimiser, { all: 'a', chosen: 'b', rows: list, count })).toThrow(
      'RowSubset: 2 rows of [4, 3] do not fit into a parameter [2, 2]',
    );
  });
  optimiser.dispose();
  parameters.dispose();
});
