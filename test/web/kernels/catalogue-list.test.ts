import { describe, expect, test } from 'vitest';
import { familyOf } from '../../../src/inspector/profile/families.ts';
import { groupKernels, type Listed, searchKernels } from '../../../src/web/kernels/catalogue-list.ts';

const kernel = (name: string, summary: string, ...operators: string[]): Listed => ({
  name,
  summary,
  uses: operators.map((name) => ({
    operator: { name, family: familyOf(name) },
  })) as unknown as Listed['uses'],
});

const kernels = [
  kernel('accumulate', 'y = α·x + y', 'add', 'conv2d', 'matmul'),
  kernel('conv2d_forward', 'Operand loader of a 2-D convolution', 'conv2d', 'fusedConv2d'),
  kernel('gemm', 'Operand loader of a matrix product', 'matmul', 'contrastiveLoss'),
  kernel('class_reduce', 'Reduces softmax states of class tiles', 'cosineSoftmaxLoss', 'softmaxLoss'),
  kernel('winograd_input', 'Tiles of the image', 'conv2d'),
];
const names = (found: readonly Listed[]): string[] => found.map(({ name }) => name);

describe('search', () => {
  const found = (search: string): string[] => names(searchKernels(kernels, search).kernels);

  test('finds names, descriptions and operators, whatever the case', () => {
    expect(found('GEMM')).toEqual(['gemm']);
    expect(found('image')).toEqual(['winograd_input']);
    expect(found('fusedconv2d')).toEqual(['conv2d_forward']);
  });

  test('wants every word', () => {
    expect(found('operand matmul')).toEqual(['gemm']);
    expect(found('operand nowhere')).toEqual([]);
  });

  test('without words finds all', () => {
    expect(searchKernels(kernels, '  ')).toEqual({ kernels, corrections: [] });
  });

  test('finds signs that are not on keyboards', () => {
    const shapes = [kernel('winograd_output', 'Winograd for 3×3'), kernel('other', 'something else')];
    for (const search of ['3x3', '3×3', '3X3'])
      expect(names(searchKernels(shapes, search).kernels)).toEqual(['winograd_output']);
    expect(found('α*x')).toEqual(['accumulate']);
  });

  test('takes the nearest word for one that no kernel has, and says so', () => {
    expect(searchKernels(kernels, 'softmx')).toMatchObject({
      kernels: [kernels[3]],
      corrections: [['softmx', 'softmax']],
    });
    expect(searchKernels(kernels, 'winogard imgae')).toMatchObject({
      kernels: [kernels[4]],
      corrections: [
        ['winogard', 'winograd'],
        ['imgae', 'image'],
      ],
    });
    expect(searchKernels(kernels, 'qqqqqq')).toEqual({ kernels: [], corrections: [] });
  });
});

describe('groups', () => {
  test('go by the operator that a kernel comes first with, and sums and copies by themselves', () => {
    const groups = groupKernels(kernels, 'family').map((group) => [group.title, ...names(group.kernels)]);
    expect(groups).toEqual([
      ['Convolutions', 'conv2d_forward', 'winograd_input'],
      ['Products', 'gemm'],
      ['Losses', 'class_reduce'],
      ['Sums and copies', 'accumulate'],
    ]);
  });

  test('hold every kernel once', () => {
    for (const by of ['family', 'name'] as const)
      expect(
        groupKernels(kernels, by)
          .flatMap((group) => names(group.kernels))
          .sort(),
      ).toEqual(names(kernels).sort());
    expect(groupKernels([], 'name')).toEqual([]);
  });
});
