import type { Operator } from '../../engine/core/operator.ts';
import { operators } from '../../engine/ops/index.ts';
import { moreOperators } from './more-operators.ts';
import { movingLosses } from './moving-losses.ts';

/** Everything whose kernels can be looked at. */
export const inspectedOperators: readonly Operator[] = [...operators, ...moreOperators, ...movingLosses];
