/** What each operator of ONNX is in the words of {@link Operation}. Settings are those of the operators' specification (onnx.ai, "ONNX Operators"). */

import { arithmetic } from './arithmetic.ts';
import { constants } from './constant-operators.ts';
import { layers } from './layer-operators.ts';
import { shapes } from './shape-operators.ts';
import type { Operator } from './translation.ts';

export const operators: Readonly<Record<string, Operator>> = {
  ...layers,
  ...arithmetic,
  ...shapes,
  ...constants,
};
