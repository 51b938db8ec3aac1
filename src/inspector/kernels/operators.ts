import type { Operator } from '../../engine/core/operator.ts';
import { operators } from '../../engine/ops/index.ts';
import { peakCopyOperator, peakFmaOperator } from './probes.ts';

/** Everything whose kernels can be looked at: the table of operators, and the two probes of the roofline. */
export const inspectedOperators: readonly Operator[] = [...operators, peakCopyOperator, peakFmaOperator];
