import type { Operator } from '../operator.ts';
import { addOperator } from './add.ts';
import { conv2dOperator } from './conv2d.ts';
import { matmulOperator } from './matmul.ts';
import { multiplyOperator } from './multiply.ts';
import { preluOperator } from './prelu.ts';
import { scaleOperator } from './scale.ts';
import { meanOperator, sumOperator } from './sum.ts';

/** Every operator: the tests, the gradient checker, the benchmark and the inspector walk this table. */
export const operators: readonly Operator[] = [
  addOperator,
  conv2dOperator,
  matmulOperator,
  meanOperator,
  multiplyOperator,
  preluOperator,
  scaleOperator,
  sumOperator,
];
