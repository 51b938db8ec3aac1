import { expect, test } from 'vitest';
import { conditionsOf, constantsOf, headerOf, summaryOf } from '../../../src/inspector/kernels/header.ts';

const source = `// Sum of rows: y = Σ x.  (A source of 2016, equation 5)
// over two lines
//
// x  [ROWS]
import package::lib::elements::element;
import constants::{ROWS, WORKGROUP};
import constants::STEPS;

@if(vec4 && !half) @group(0) @binding(0) var<storage, read> x: array<vec4f>;
@else              @group(0) @binding(0) var<storage, read> x: array<f32>;
`;

test('what a kernel file says about itself', () => {
  expect(headerOf(source)).toBe(
    'Sum of rows: y = Σ x.  (A source of 2016, equation 5)\nover two lines\n\nx  [ROWS]',
  );
  expect(summaryOf(source)).toBe('Sum of rows: y = Σ x');
  expect(summaryOf('// y = FACTOR·x[0] for every i: the gradient.\nfn main() {}')).toBe(
    'y = FACTOR·x[0] for every i: the gradient',
  );
  expect(summaryOf('// Center loss (Wen et al. 2016) of a sample. More.')).toBe(
    'Center loss (Wen et al. 2016) of a sample',
  );
  expect(constantsOf(source)).toEqual(['ROWS', 'WORKGROUP', 'STEPS']);
  expect(conditionsOf(source)).toEqual(['vec4', 'half']);
});
