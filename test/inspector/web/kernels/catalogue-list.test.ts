import { describe, expect, test } from 'vitest';
import {
  groupKernels,
  type Listed,
  searchKernels,
} from '../../../../src/inspector/web/kernels/catalogue-list.ts';

const kernel = (name: string, summary: string, ...operators: string[]): Listed => ({
  name,
  summary,
  uses: operators.map((operator) => ({ operator: { name: operator } })) as unknown as Listed['uses'],
});

const kernels = [
  kernel('accumulate', 'y = α·x + y', 'add', 'conv2d', 'matmul'),
  kernel('conv2d_forward', 'Operands of a 2-D convolution', 'conv2d', 'conv2dPRelu'),
  kernel('gemm', 'Operands of a matrix product', 'contrastive_loss', 'matmul'),
  kernel('softmax_head_fold', 'Folds the states of class tiles', 'cosine_softmax_loss', 'softmax_loss'),
  kernel('winograd_input', 'Tiles of the image', 'conv2d'),
];
const names = (found: readonly Listed[]): string[] => found.map(({ name }) => name);

describe('search', () => {
  test('finds names, descriptions and operators, whatever the case', () => {
    expect(names(searchKernels(kernels, 'GEMM'))).toEqual(['gemm']);
    expect(names(searchKernels(kernels, 'image'))).toEqual(['winograd_input']);
    expect(names(searchKernels(kernels, 'conv2dprelu'))).toEqual(['conv2d_forward']);
  });

  test('wants every word', () => {
    expect(names(searchKernels(kernels, 'operands matmul'))).toEqual(['gemm']);
    expect(searchKernels(kernels, 'operands nowhere')).toEqual([]);
  });

  test('without words finds all', () => {
    expect(searchKernels(kernels, '  ')).toEqual(kernels);
  });
});

describe('groups', () => {
  test('go by what the name says, then by the operators if they agree', () => {
    const groups = groupKernels(kernels, 'family').map((group) => [group.title, ...names(group.kernels)]);
    expect(groups).toEqual([
      ['Convolutions', 'conv2d_forward', 'winograd_input'],
      ['Products', 'gemm'],
      ['Losses', 'softmax_head_fold'],
      ['Sums and copies', 'accumulate'],
    ]);
  });

  test('hold every kernel once', () => {
    for (const by of ['family', 'name'] as const)
      expect(
        groupKernels(kernels, by)
          .flatMap((group) => names(group.kernels))
          .sort(),
      ).toEqual(names(kernels));
    expect(groupKernels([], 'name')).toEqual([]);
  });
});
