import { describe, expect, test } from 'vitest';
import {
  gridText,
  type KernelState,
  parseGrid,
  readState,
  writeState,
} from '../../../src/web/kernels/url-state.ts';

const full: KernelState = {
  kernel: 'conv2d_forward',
  operator: 'conv2d',
  caseText: '8x28x24x128 3x3 128 stride=2 padding=[1,0,1,0]',
  variant: 'subgroup 32×32',
  constants: { TILE_ROWS: 32, WORKGROUP: 8 },
  dispatch: 3,
  grid: [16, 8, 1],
  packed: 'S0xUSKpUKM5ILEpVKCjKTM4GAA-_',
};

describe('state in the URL', () => {
  test('comes back as it was, also through the text of the hash', () => {
    expect(readState(new URLSearchParams(writeState(full).toString()))).toEqual(full);
  });

  test('of a bare kernel is its name alone', () => {
    expect(writeState({ kernel: 'gemm', constants: {} }).toString()).toBe('kernel=gemm');
    expect(readState(new URLSearchParams('kernel=gemm'))).toEqual({
      kernel: 'gemm',
      operator: undefined,
      caseText: undefined,
      variant: undefined,
      constants: {},
      dispatch: undefined,
      grid: undefined,
      packed: undefined,
    });
  });

  test('without a kernel is none', () => {
    expect(readState(new URLSearchParams('q=conv'))).toBeNull();
    expect(readState(new URLSearchParams('kernel='))).toBeNull();
  });

  test('what makes no sense is left out', () => {
    const state = readState(
      new URLSearchParams('kernel=gemm&dispatch=-1&grid=4xno&set.A=0&set.B=two&set.C=1.5&set.D=8'),
    );
    expect(state).toMatchObject({ dispatch: undefined, grid: undefined, constants: { D: 8 } });
  });

  test('dispatch 0 is kept', () => {
    expect(readState(writeState({ kernel: 'gemm', constants: {}, dispatch: 0 }))?.dispatch).toBe(0);
  });
});

test('grids are read as people write them', () => {
  expect(parseGrid('16x8x2')).toEqual([16, 8, 2]);
  expect(parseGrid(' 16 × 8 ')).toEqual([16, 8, 1]);
  expect(parseGrid('16')).toEqual([16, 1, 1]);
  for (const wrong of ['', 'x', '0', '1x2x3x4', '4x-1', '1.5', 'four']) expect(parseGrid(wrong)).toBeNull();
  expect(gridText([16, 8, 1])).toBe('16x8x1');
});
