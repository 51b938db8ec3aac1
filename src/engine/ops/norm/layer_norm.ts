import forwardSource from '../../../shaders/norm/layer_norm_forward.wesl';
import gradInputSource from '../../../shaders/norm/layer_norm_grad_input.wesl';
import gradScaleSource from '../../../shaders/norm/layer_norm_grad_scale.wesl';
import { record } from '../../core/autograd.ts';
import { check, checkArgument, formatShape } from '../../core/errors.ts';
import { checkOperands, checkOptionalOperands } from '../../core/operands.ts';
import { defineOperator } from '../../core/operator.ts';
import { checkOptionNames, type OptionNames } from '../../core/options.ts';
import { elementCount } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { rowChunkGrid } from '../../tuning/grid.ts';
import { sumRows } from '../reduce/sum_rows.ts';
import { checkEpsilon, rowGrid } from './l2_normalise.ts';
import { layerNormReference } from './layer_norm.reference.ts';

const forwardKernel = { name: 'layer_norm_forward', source: forwardSource };
const gradInputKernel = { name: 'layer_norm_grad_input', source: gradInputSource };
const gradScaleKernel = { name: 'layer_norm_grad_scale', source: gradScaleSource };

/** Over how many of the last axes numbers are normalised. */
export interface LayerNormOptions {
  /** How many of the last dimensions are normalised together, from 1. Default 1. */
  readonly dimensions?: number;
  /** Added to the variance, from 0. Default 1e-5. */
  readonly epsilon?: number;
}

const optionNames: OptionNames<LayerNormOptions> = { dimensions: true, epsilon: true };

/**
 * Layer normalisation over the last dimensions (Ba, Kiros & Hinton 2016, arXiv 1607.06450): y = scale·(x − mean)/√(variance + ε) +
 * shift, with mean and biased variance of each sample, for numbers of any magnitude.
 *
 * @param x [..., d] f32
 * @param scale of the shape of the normalised dimensions, or null for 1
 * @param shift the same, or null for 0
 * @throws ArgumentError if shapes or options do not fit
 */
export function layerNorm(
  x: Tensor,
  scale: Tensor | null = null,
  shift: Tensor | null = null,
  options: LayerNormOptions = {},
): Tensor {
  checkOperands('layerNorm', x);
  checkOptionalOperands('layerNorm', scale, shift);
  checkOptionNames('layerNorm', options, optionNames);
  const { dimensions = 1, epsilon = 1e-5 } = options;
  checkArgument(
    Number.isInteger(dimensions) && dimensions >= 1 && dimensions <= x.shape.length,
    'layerNorm',
    () =>
      `dimensions must be a whole number from 1 up to those of x ${formatShape(x.shape)}, not ${dimensions}`,
  );
  checkEpsilon('layerNorm', epsilon);
  const normalised = x.shape.slice(-dimensions);
  for (const [name, tensor] of Object.entries({ scale, shift })) {
    check(
      !tensor || formatShape(tensor.shape) === formatShape(normalised),
      'layerNorm',
      () =>
        `x ${formatShape(x.shape)} is normalised over ${formatShape(normalised)}, so ${name} must have that shape, not ${formatShape(tensor!.shape)}`,
    );
  }
  for (const [name, tensor] of Object.entries({ x, scale, shift }))
    check(!tensor || tensor.dtype === 'f32', 'layerNorm', () => `${name} must be f32, not ${tensor!.dtype}`);
  const { device } = x;
  const columns = elementCount(normalised);
  const rows = x.size / columns;
  const { grid, constants: place } = rowGrid(device, rows);
  const constants = { ...place, ROWS: rows, COLUMNS: columns };
  const y = device.empty(x.shape);
  const statistics = device.empty([rows, 3]);
  device.within('layerNorm', () =>
    device.dispatch({
      kernel: forwardKernel,
      constants: { ...constants, EPSILON: epsilon },
      conditions: { scale: scale !== null, shift: shift !== null },
      bindings: { x, y, statistics, ...(scale ? { scale } : {}), ...(shift ? { shift } : {}) },
      grid,
      cost: { flops: 10 * x.size, bytes: 8 * x.size },
    }),
  );
  const gradInput = (dy: Tensor, dx: Tensor): Tensor => {
    device.dispatch({
      kernel: gradInputKernel,
      constants,
      conditions: { scale: scale !== null },
      bindings: { x, dy, statistics, dx, ...(scale ? { scale } : {}) },
      grid,
      cost: { flops: 16 * x.size, bytes: 12 * x.size },
    });
    return dx;
  };
  const inputs = [x, ...(scale ? [scale] : []), ...(shift ? [shift] : [])];
  return record(y, {
    operator: 'layerNorm',
    inputs,
    backward: (dy, into) =>
      inputs.map((input, i) => {
        if (!input.requiresGradient) return null;
        if (i === 0) return gradInput(dy, into(0));
        return i === 1 && scale ? gradScale(x, dy, statistics, into(i)) : sumRows(dy, rows, columns, into(i));
      }),
  });
}

/** Σ dy·x̂ over the rows. */
function gradScale(x: Tensor, dy: Tensor, statistics: Tensor, dscale: Tensor): Tensor {
  const { device } = x;
  const columns = dscale.size;
  const { rowChunks, grid, constants, conditions } = rowChunkGrid(device, x.size / columns, columns);
  const partial = device.empty([rowChunks, columns]);
  device.dispatch({
    kernel: gradScaleKernel,
    constants,
    conditions,
    bindings: { x, dy, statistics, partial },
    grid,
    cost: { flops: 6 * x.size, bytes: 8 * x.size },
  });
  return sumRows(partial, rowChunks, columns, dscale);
}

interface LayerNormCase extends LayerNormOptions {
  /** Whether the second input is the shift. */
  readonly onlyShift?: boolean;
}

export const layerNormOperator = defineOperator<LayerNormCase>({
  name: 'layerNorm',
  family: 'normalisation',
  apply: ([x, scale, shift], { onlyShift, ...options }) =>
    onlyShift ? layerNorm(x!, null, scale, options) : layerNorm(x!, scale, shift, options),
  reference: ([x, scale, shift], { onlyShift, ...options }) =>
    onlyShift ? layerNormReference(x!, null, scale, options) : layerNormReference(x!, scale, shift, options),
  cost: ([shape]) => ({ flops: 10 * elementCount(shape!), bytes: 8 * elementCount(shape!) }),
  cases: [
    { inputs: [{ shape: [5, 13] }, { shape: [13] }, { shape: [13] }], attributes: {} },
    { inputs: [{ shape: [70, 64], kind: 'outliers' }, { shape: [64] }, { shape: [64] }], attributes: {} },
    { inputs: [{ shape: [2, 3, 5, 4] }, { shape: [5, 4] }], attributes: { dimensions: 2 } },
    { inputs: [{ shape: [3, 7] }, { shape: [7] }], attributes: { onlyShift: true } },
    { inputs: [{ shape: [3, 8], scale: 0.05 }], attributes: { epsilon: 1e-3 } },
    { inputs: [{ shape: [9, 13], kind: 'extremeRows' }], attributes: {} },
    { inputs: [{ shape: [4, 1] }, { shape: [1] }, { shape: [1] }], attributes: { epsilon: 0.5 } },
  ],
  misuses: [
    {
      inputs: [{ shape: [4, 3] }, { shape: [2] }],
      attributes: {},
      message: /layerNorm: x \[4, 3\] is normalised over \[3\], so scale must have that shape, not \[2\]/,
    },
    {
      inputs: [{ shape: [4, 3] }],
      attributes: { dimensions: 3 },
      message: /layerNorm: dimensions must be .*x \[4, 3\], not 3/,
    },
    { inputs: [{ shape: [] }], attributes: {}, message: /layerNorm: dimensions .*x \[\], not 1/ },
    { inputs: [{ shape: [4, 3] }], attributes: { epsilon: -1 }, message: /layerNorm: epsilon .*-1/ },
    {
      inputs: [{ shape: [2, 4], kind: 'pixels' }],
      attributes: {},
      message: /layerNorm: x must be f32, not rgba8/,
    },
  ],
});
