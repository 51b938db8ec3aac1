import forwardSource from '../../../shaders/conv2d/depthwise_forward.wesl';
import gradInputSource from '../../../shaders/conv2d/depthwise_grad_input.wesl';
import gradWeightSource from '../../../shaders/conv2d/depthwise_grad_weight.wesl';
import rowsSource from '../../../shaders/conv2d/depthwise_rows.wesl';
import rolledSource from '../../../shaders/lib/rolled.wesl';
import type { Device, Tensor } from '../../core/tensor.ts';
import { channelsAtOnce, elementGrid } from '../../tuning/grid.ts';
import { sumRows } from '../reduce/sum_rows.ts';
import { type Conv2dEpilogue, epilogueBindings, epilogueSource } from './conv2d_epilogue.ts';
import { type Conv2dGeometry, conv2dCost } from './conv2d_geometry.ts';

/** Depthwise convolutions: every channel has a filter of its own, so there is nothing that a matrix product could share. */

const forwardKernel = { name: 'depthwise_forward', source: forwardSource };
const rowsKernel = { name: 'depthwise_rows', source: rowsSource };
const gradInputKernel = { name: 'depthwise_grad_input', source: gradInputSource };
const gradWeightKernel = { name: 'depthwise_grad_weight', source: gradWeightSource };

export const depthwiseSources: readonly string[] = [
  forwardSource,
  rowsSource,
  gradInputSource,
  gradWeightSource,
  epilogueSource,
  rolledSource,
];

/** Whether a convolution is depthwise, without dilation. */
export function supportsDepthwise(g: Conv2dGeometry): boolean {
  return g.GROUP_IN === 1 && g.GROUP_OUT === 1 && g.DILATION_H === 1 && g.DILATION_W === 1;
}

/** Larger kernels take too long to compile with their taps and pixels in registers. */
const mostTaps = 16;

/** As {@link depthwiseForward}, for small kernels. */
function walkRows(
  device: Device,
  g: Conv2dGeometry,
  x: Tensor,
  w: Tensor,
  epilogue: Conv2dEpilogue,
  y: Tensor,
  flipped: boolean,
): void {
  const vector = channelsAtOnce(device);
  const strip = device.settings.choose(
    'STRIP',
    g.STRIDE_W === 1 ? Math.ceil(g.OUT_WIDTH / Math.ceil(g.OUT_WIDTH / 4)) : 1,
    'with stride 1, up to four outputs side by side share pixels; with another one too few for the registers it takes',
  );
  const strips = Math.ceil(g.OUT_WIDTH / strip);
  const vectors = g.CHANNELS / (g.CHANNELS % 4 === 0 ? vector : 1);
  const wanted = Math.ceil(wantedInvocations(device) / (g.BATCH * strips * vectors));
  const run = device.settings.choose(
    'RUN',
    Math.ceil(g.OUT_HEIGHT / Math.min(g.OUT_HEIGHT, wanted)),
    'as long as that leaves enough invocations to fill the device',
  );
  const runs = Math.ceil(g.OUT_HEIGHT / run);
  const { grid, constants, conditions } = elementGrid(
    device,
    g.BATCH * runs * strips * g.CHANNELS,
    g.CHANNELS,
    vector,
  );
  const { vec4 } = conditions;
  const last = epilogueBindings(epilogue);
  device.dispatch({
    kernel: rowsKernel,
    grid,
    constants: {
      ...constants,
      ...g,
      CHANNELS: vectors,
      STRIP: strip,
      STRIPS: strips,
      COLUMNS: (strip - 1) * g.STRIDE_W + g.KERNEL_W,
      RUN: run,
      RUNS: runs,
    },
    conditions: { ...last.conditions, vec4_y: vec4, flipped },
    bindings: { x, w, y, ...last.bindings },
    cost: conv2dCost(g),
  });
}

/** y = x ∗ w, with an epilogue; `flipped` takes the taps of `w` in the opposite order. */
export function depthwiseForward(
  device: Device,
  g: Conv2dGeometry,
  x: Tensor,
  w: Tensor,
  epilogue: Conv2dEpilogue,
  y: Tensor,
  flipped = false,
): void {
  if (g.KERNEL_H * g.KERNEL_W <= mostTaps) {
    walkRows(device, g, x, w, epilogue, y, flipped);
    return;
  }
  // Neighbours of a strip share pixels where the stride is 1; otherwise a strip saves only the loads of weights.
  const strip = g.STRIDE_W === 1 && g.OUT_WIDTH >= 4 ? 4 : 1;
  const strips = Math.ceil(g.OUT_WIDTH / strip);
  const { grid, constants, conditions } = elementGrid(
    device,
    g.BATCH * g.OUT_HEIGHT * strips * g.CHANNELS,
    g.CHANNELS,
    channelsAtOnce(device),
  );
  const { vec4 } = conditions;
  const last = epilogueBindings(epilogue);
  device.dispatch({
    kernel: forwardKernel,
    grid,
    constants: {
      ...constants,
      ...g,
      CHANNELS: vec4 ? g.CHANNELS / 4 : g.CHANNELS,
      STRIP: strip,
      STRIPS: strips,
      COLUMNS: (strip - 1) * g.STRIDE_W + g.KERNEL_W,
    },
    conditions: { ...last.conditions, vec4_y: vec4, flipped, rolled: device.report.software },
    bindings: { x, w, y, ...last.bindings },
    cost: conv2dCost(g),
  });
}

/** Gradient of the input, written to `dx`. */
export function depthwiseGradInput(
  device: Device,
  g: Conv2dGeometry,
  dy: Tensor,
  w: Tensor,
  dx: Tensor,
): void {
  if (g.STRIDE_H === 1 && g.STRIDE_W === 1) {
    const transposed = {
      ...g,
      HEIGHT: g.OUT_HEIGHT,
      WIDTH: g.OUT_WIDTH,
      OUT_HEIGHT: g.HEIGHT,
      OUT_WIDTH: g.WIDTH,
      PAD_TOP: g.KERNEL_H - 1 - g.PAD_TOP,
      PAD_LEFT: g.KERNEL_W - 1 - g.PAD_LEFT,
    };
    depthwiseForward(device, transposed, dy, w, {}, dx, true);
    return;
  }
  const { grid, constants, conditions } = elementGrid(device, dx.size, g.CHANNELS);
  device.dispatch({
    kernel: gradInputKernel,
    grid,
    constants: {
      ...constants,
      ...g,
      CHANNELS: conditions.vec4 ? g.CHANNELS / 4 : g.CHANNELS,
      WINDOWS_H: Math.ceil(g.KERNEL_H / g.STRIDE_H),
      WINDOWS_W: Math.ceil(g.KERNEL_W / g.STRIDE_W),
    },
    conditions,
    bindings: { dy, w, dx },
    cost: conv2dCost(g),
  });
}

/** Invocations that fill a device when each computes many outputs. */
const wantedInvocations = ({ report: { software, subgroupSize } }: Device): number =>
  software ? 32 * (subgroupSize[0] || 4) : 1 << 16;

/** Gradient of the weights, written to `dw`. */
export function depthwiseGradWeight(
  device: Device,
  g: Conv2dGeometry,
  x: Tensor,
  dy: Tensor,
  dw: Tensor,
): void {
  const rows = g.BATCH * g.OUT_HEIGHT;
  const invocations = (g.KERNEL_H * g.CHANNELS) / (g.CHANNELS % 4 === 0 ? 4 : 1);
  const chunk = Math.ceil(rows / Math.min(rows, Math.ceil(wantedInvocations(device) / invocations)));
  const splits = Math.ceil(rows / chunk);
  const partial = splits === 1 ? dw : device.empty([splits, dw.size]);
  const { grid, constants, conditions } = elementGrid(device, splits * g.KERNEL_H * g.CHANNELS, g.CHANNELS);
  device.dispatch({
    kernel: gradWeightKernel,
    grid,
    constants: {
      ...constants,
      ...g,
      CHANNELS: conditions.vec4 ? g.CHANNELS / 4 : g.CHANNELS,
      OUT_ROWS: rows,
      CHUNK: chunk,
    },
    conditions,
    bindings: { x, dy, partial },
    cost: conv2dCost(g),
  });
  if (splits === 1) return;
  sumRows(partial, splits, dw.size, dw);
  partial.dispose();
}
