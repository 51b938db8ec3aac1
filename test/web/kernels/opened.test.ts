import { describe, expect, test } from 'vitest';
import { KernelInspector } from '../../../src/inspector/kernels/inspect.ts';
import {
  openKernel,
  parseValues,
  placeOf,
  requestOf,
  shownDispatch,
} from '../../../src/web/kernels/opened.ts';
import { testDevice } from '../../engine/open.ts';

const device = await testDevice({ tune: 'off' });
const inspector = new KernelInspector(device);
const names = inspector.catalogue.map(({ name }) => name);

test.each(names)('%s opens with a case that is quickly run, and leaves no memory behind', (kernel) => {
  const opened = openKernel(inspector, { kernel, constants: {} });
  // What the device shares among all kernels is made at the first time.
  const before = device.memory().used;
  openKernel(inspector, { kernel, constants: {} });
  expect(device.memory().used - before).toBe(0);
  expect(opened.views.length).toBeGreaterThan(0);
  expect(opened.views).toContain(opened.mostExpensive);
  for (const { cost, wgsl } of opened.views) {
    expect(cost.flops).toBeLessThan(3e8);
    expect(cost.bytes).toBeLessThan(1e8);
    expect(wgsl).toContain('@compute');
  }
  // What is run later is what was opened.
  const session = inspector.open(requestOf(opened, { kernel, constants: {} }));
  expect(session.sample.label).toBe(opened.caseLabel);
  expect(session.views().map(({ wgsl }) => wgsl)).toEqual(opened.views.map(({ wgsl }) => wgsl));
  session.dispose();
});

describe('a kernel in a case', () => {
  test('is opened for the operator that one thinks of', () => {
    expect(openKernel(inspector, { kernel: 'gemm', constants: {} }).operator).toBe('matmul');
    expect(openKernel(inspector, { kernel: 'depthwise_forward', constants: {} }).operator).toMatch(/^conv2d/);
  });

  test('as the state says', () => {
    const state = {
      kernel: 'prelu_forward',
      operator: 'prelu',
      caseText: '4x5x6x8',
      constants: { ROW_CHUNKS: 2 },
    };
    const opened = openKernel(inspector, state);
    expect(opened.caseLabel).toContain('4×5×6×8');
    expect(opened.caseText).toBe('4x5x6x8');
    expect(opened.free.map(({ name }) => name)).toContain('ROW_CHUNKS');
    expect(opened.mostExpensive.constants.find(({ name }) => name === 'ROW_CHUNKS')?.value).toBe(2);
  });

  test('what is wrong with the state is said', () => {
    const open = (state: object) => () => openKernel(inspector, { kernel: 'gemm', constants: {}, ...state });
    expect(open({ caseText: '8xtwo' })).toThrow(/has a word "8xtwo"/);
    expect(open({ operator: 'prelu' })).toThrow(/the operator "prelu" does not use gemm/);
    expect(open({ caseText: '64', constants: { COLUMNS: 3 } })).toThrow(/constant/);
    expect(open({ variant: 'no such' })).toThrow(/no such/);
    expect(open({ kernel: 'gemn' })).toThrow(/did you mean "gemm"/);
  });

  test('a dispatch that is not there falls back to the most expensive', () => {
    const opened = openKernel(inspector, { kernel: 'gemm', constants: {} });
    const [first] = opened.views;
    expect(shownDispatch(opened, first!.index)).toBe(first);
    expect(shownDispatch(opened, 999)).toBe(opened.mostExpensive);
    expect(shownDispatch(opened, undefined)).toBe(opened.mostExpensive);
  });

  test('places differ where texts may not be exchanged', () => {
    const state = { kernel: 'gemm', caseText: '64', constants: {} };
    const opened = openKernel(inspector, state);
    const other = openKernel(inspector, { ...state, caseText: '96' });
    const places = [
      placeOf(opened, state, 0),
      placeOf(opened, state, 1),
      placeOf(other, state, 0),
      placeOf(opened, { ...state, variant: 'x' }, 0),
      placeOf(opened, { ...state, constants: { A: 1 } }, 0),
    ];
    expect(new Set(places).size).toBe(places.length);
    expect(placeOf(opened, { ...state, constants: { B: 2, A: 1 } }, 0)).toBe(
      placeOf(opened, { ...state, constants: { A: 1, B: 2 } }, 0),
    );
  });
});

test('values of a sweep are positive whole numbers, each once', () => {
  expect(parseValues('8, 16 32;8')).toEqual(['8', '16', '32']);
  expect(() => parseValues('8, x')).toThrow(/"x" is no positive whole number/);
  expect(() => parseValues('0')).toThrow(/"0"/);
  expect(() => parseValues(' ')).toThrow(/write the values/);
});
