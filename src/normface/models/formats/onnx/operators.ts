/** What each operator of ONNX is in the words of {@link Operation}. Settings are those of the operators' specification (onnx.ai, "ONNX Operators"). */

import { arithmetic } from './arithmetic.ts';
import { layers } from './layer-operators.ts';
import type { OnnxNode } from './model.ts';
import { shapes } from './shape-operators.ts';
import type { Translation } from './translation.ts';

/** Takes one node into the graph that is made. */
export type Operator = (translation: Translation, node: OnnxNode) => void;

export const operators: Readonly<Record<string, Operator>> = { ...layers, ...arithmetic, ...shapes };
