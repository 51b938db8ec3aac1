/**
 * An agent is what NormFace (arXiv 1704.06369, equations 10 and 11) calls the learnt representative of a class, a vector in the space of
 * the features; other papers say class weight, proxy or prototype. Of the agents here the direction alone counts.
 */

import type { Parameters } from '../../engine/core/parameters.ts';
import type { Tensor } from '../../engine/core/tensor.ts';
import { normaliseRowsInPlace } from '../../engine/ops/norm/l2_normalise.ts';
import { initialValues } from '../nets/initial.ts';
import { ClassParameter } from './class-parameter.ts';
import type { HeadContext } from './loss.ts';

interface AgentSettings {
  readonly learningRateMultiplier: number;
  readonly decayMultiplier: number;
  readonly weightNormalisation: 'tangent' | 'hard';
}

/** The agents of a loss: one row per class, which start on the unit sphere (docs/reference.md#class-weights-of-the-heads). */
export class Agents extends ClassParameter {
  private readonly isHard: boolean;

  constructor(config: AgentSettings, context: HeadContext) {
    const { prefix, rows, featureSize, seed } = context;
    const name = `${prefix}.weight`;
    const shape = [rows.count, featureSize] as const;
    const { learningRateMultiplier, decayMultiplier, weightNormalisation } = config;
    const init = () => onUnitSphere(name, shape, rows.first, seed);
    super({ name, shape, init, learningRateMultiplier, decayMultiplier }, context);
    this.isHard = weightNormalisation === 'hard';
  }

  /** The agents of a step, and whether the loss has yet to normalise them. */
  ready(parameters: Parameters): { readonly weights: Tensor; readonly normaliseWeights: boolean } {
    const weights = this.of(parameters);
    // What is frozen stays as it is, bit for bit: its loss normalises a copy.
    const overwrites = this.isHard && weights.requiresGradient;
    if (overwrites) normaliseRowsInPlace(weights);
    return { weights, normaliseWeights: !overwrites };
  }
}

/** Standard normal rows divided by their norms: directions spread evenly. */
function onUnitSphere(
  name: string,
  shape: readonly [number, number],
  firstRow: number,
  seed: number,
): Float32Array {
  const values = initialValues({ gaussian: 1 }, { name, shape, firstRow, fanIn: 1 }, seed);
  const [, columns] = shape;
  for (let start = 0; start < values.length; start += columns) {
    const row = values.subarray(start, start + columns);
    const norm = Math.hypot(...row);
    row.forEach((value, i) => {
      row[i] = value / norm;
    });
  }
  return values;
}
