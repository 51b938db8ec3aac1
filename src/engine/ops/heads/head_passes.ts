import gradientSource from '../../../shaders/heads/class_gradient.wesl';
import mergeSource from '../../../shaders/heads/class_merge.wesl';
import productsSource from '../../../shaders/heads/class_products.wesl';
import reduceSource from '../../../shaders/heads/class_reduce.wesl';
import agentSource from '../../../shaders/lib/agent_classes.wesl';
import binarySource from '../../../shaders/lib/binary_classes.wesl';
import softmaxSource from '../../../shaders/lib/softmax_classes.wesl';
import type { Device, Tensor } from '../../core/tensor.ts';
import type { Dispatch } from '../../runtime/kernel.ts';
import type { StructLayout } from '../../runtime/struct-layout.ts';
import { workgroupSize, wrappedGrid } from '../../tuning/grid.ts';
import { adjustedTile, tileProduct } from '../matmul/tile_product.ts';
import type { Tile } from '../matmul/tiles.ts';
import { sumRows } from '../reduce/sum_rows.ts';
import type { ClassScores, ProductGradients, ScoreWindow } from './class_scores.ts';

/**
 * The two ways of a head through one window of the classes: over products in memory, or in the epilogue of the product, where no memory
 * sees them. Both call the same functions of the family's module, and give the same up to the order of additions.
 */

const reduceKernel = { name: 'class_reduce', source: reduceSource };
const mergeKernel = { name: 'class_merge', source: mergeSource };
const gradientKernel = { name: 'class_gradient', source: gradientSource };
const productsKernel = { name: 'class_products', source: productsSource };

export const headPassSources: readonly string[] = [
  reduceSource,
  mergeSource,
  gradientSource,
  productsSource,
  softmaxSource,
  agentSource,
  binarySource,
];

/** What the passes know of a head. */
export interface HeadPass {
  readonly scores: ClassScores;
  /** Condition of the module of shaders/lib that says what one score is to a state and to a gradient. */
  readonly family: 'softmax' | 'agents' | 'binary';
  /** The struct that is the state of a sample. */
  readonly state: Pick<StructLayout, 'words' | 'dtype'>;
  /** Arithmetic for one score. */
  readonly flops: number;
  readonly constants: Dispatch['constants'];
  readonly conditions: NonNullable<Dispatch['conditions']>;
  /** Those of the conditions that members of the family's structs are behind: for all kernels that know a struct (default: none). */
  readonly structConditions?: Dispatch['conditions'];
  /** What the module binds, beside norms. */
  readonly bindings: (window: ScoreWindow) => Dispatch['bindings'];
}

/** Constants, conditions and bindings that all kernels of a pass have. */
function shared({ scores, family, constants, conditions, bindings }: HeadPass, window: ScoreWindow) {
  const { features, allClasses, options, hasJacobian } = scores;
  const { normaliseWeights, distances = false, epsilon } = options;
  return {
    constants: {
      SAMPLES: features.shape[0]!,
      CLASSES: window.classes,
      ALL_CLASSES: allClasses,
      EPSILON: epsilon,
      ...constants,
    },
    conditions: {
      [family]: true,
      normalise_weights: normaliseWeights,
      distances,
      jacobian: hasJacobian,
      ...conditions,
    },
    bindings: { window: window.extent, norms: window.norms, ...bindings(window) },
  };
}

/** Adds what a window's products, [n, window], hold to the states, [n]. */
export function reduceProducts(head: HeadPass, window: ScoreWindow, products: Tensor, states: Tensor): void {
  const { device } = products;
  const [samples, classes] = products.shape as [number, number];
  const { software } = device.report;
  // A software driver has as many workgroups as it needs; a GPU wants more invocations than there are samples.
  const parts = software ? 1 : Math.max(1, Math.min(Math.ceil(1024 / samples), Math.floor(classes / 1024)));
  const { grid, constants: own } = wrappedGrid(device, samples * parts);
  const { constants, conditions, bindings } = shared(head, window);
  const isWhole = parts === 1 && window.first === 0;
  const partial = isWhole ? states : device.empty([samples, parts, head.state.words], head.state.dtype);
  device.dispatch({
    kernel: reduceKernel,
    constants: { ...constants, ...own, PARTS: parts, WORKGROUP: software ? 32 : 256 },
    conditions: { ...conditions, vec4_classes: classes % 4 === 0 },
    bindings: { products, ...bindings, states: partial },
    grid,
    cost: { flops: head.flops * products.size, bytes: 4 * (products.size + partial.size) },
  });
  if (!isWhole) mergeStates(head, window, partial, parts, states);
}

/**
 * The same in the epilogue of the product itself.
 *
 * @param kept [n, window]: where the products go as well, or null
 */
export function reduceInProduct(
  head: HeadPass,
  window: ScoreWindow,
  chosen: Tile,
  states: Tensor,
  kept: Tensor | null,
): void {
  const { device } = states;
  const tile = adjustedTile(device, chosen);
  const samples = states.shape[0]!;
  const parts = Math.ceil(window.classes / tile.columns) * rowParts(tile);
  const partial = device.empty([samples, parts, head.state.words], head.state.dtype);
  productWith(head, window, tile, {
    constants: { PARTS: parts },
    conditions: { by_rows: true, keep: kept !== null },
    bindings: { states: partial, ...(kept ? { scores: kept } : {}) },
    written: partial.size + (kept?.size ?? 0),
  });
  mergeStates(head, window, partial, parts, states);
}

function mergeStates(
  head: HeadPass,
  window: ScoreWindow,
  partial: Tensor,
  parts: number,
  states: Tensor,
): void {
  const { device } = states;
  const samples = states.shape[0]!;
  const { grid, constants } = wrappedGrid(device, samples);
  device.dispatch({
    kernel: mergeKernel,
    constants: { ...constants, SAMPLES: samples, PARTS: parts, WORKGROUP: 32 },
    conditions: { [head.family]: true, first: window.first === 0, ...head.structConditions },
    bindings: { parts: partial, states },
    grid,
    cost: { flops: 8 * samples * parts, bytes: partial.bytes },
  });
  partial.dispose();
}

/**
 * What f16 gradients are multiplied by. f16 has full precision from 2⁻¹⁴ to 2¹⁶: without upstream/n in them gradients s·p/‖w‖ keep it from 2⁻¹⁸,
 * and the largest, s/‖w‖, may be 4094.
 */
const halfScale = 16;

/** Memory for the gradients of a window's products. @param half whether f16 will do, which goes in pairs of pairs */
function emptyGradients(
  device: Device,
  samples: number,
  classes: number,
  upstream: Tensor,
  half: boolean,
): Pick<ProductGradients, 'gradients' | 'half'> {
  if (!half || classes % 4 > 0) return { gradients: device.empty([samples, classes]), half: null };
  const gradients = device.empty([samples, classes / 2], 'u32');
  return { gradients, half: { scale: halfScale * samples, factor: upstream } };
}

const halfConstants = (half: ProductGradients['half']): Record<string, number> =>
  half ? { HALF_SCALE: halfScale } : {};

/** Gradients of a window's products, from the products. */
export function gradientsOfProducts(
  head: HeadPass,
  window: ScoreWindow,
  products: Tensor,
  upstream: Tensor,
  half: boolean,
): ProductGradients {
  const { device } = products;
  const [samples, classes] = products.shape as [number, number];
  const vec4 = classes % 4 === 0;
  const units = vec4 ? classes / 4 : classes;
  const workgroup = workgroupSize(device);
  // Enough invocations to keep a GPU busy; on a software driver the classes alone are enough.
  const wanted = device.report.software ? 1 : Math.ceil((1 << 16) / units);
  const extent = Math.ceil(samples / Math.min(samples, wanted));
  const parts = Math.ceil(samples / extent);
  const { gradients, half: stored } = emptyGradients(products.device, samples, classes, upstream, half);
  const partial = head.scores.hasJacobian ? device.empty([parts, classes, 2]) : null;
  const { constants, conditions, bindings } = shared(head, window);
  device.dispatch({
    kernel: gradientKernel,
    constants: { ...constants, PARTS: parts, WORKGROUP: workgroup, ...halfConstants(stored) },
    conditions: { ...conditions, vec4_classes: vec4, half_gradients: stored !== null },
    bindings: {
      products,
      ...bindings,
      upstream,
      gradients,
      ...(partial ? { coefficients: partial } : {}),
    },
    grid: [Math.ceil(units / workgroup), parts, 1],
    cost: {
      flops: (head.flops + 2) * products.size,
      bytes: products.bytes + gradients.bytes + (partial?.bytes ?? 0),
    },
  });
  return { gradients, half: stored, coefficients: partial && sumParts(partial) };
}

/** The same in the epilogue of the product itself, made again. */
export function gradientsInProduct(
  head: HeadPass,
  window: ScoreWindow,
  chosen: Tile,
  upstream: Tensor,
  half: boolean,
): ProductGradients {
  const { features, hasJacobian } = head.scores;
  const tile = adjustedTile(features.device, chosen);
  const samples = features.shape[0]!;
  const { gradients, half: stored } = emptyGradients(
    features.device,
    samples,
    window.classes,
    upstream,
    half,
  );
  const partial = hasJacobian
    ? features.device.empty([Math.ceil(samples / tile.rows) * columnParts(tile), window.classes, 2])
    : null;
  productWith(head, window, tile, {
    constants: halfConstants(stored),
    conditions: { by_columns: true, half_gradients: stored !== null },
    bindings: { scores: gradients, upstream, ...(partial ? { coefficients: partial } : {}) },
    written: (gradients.bytes + (partial?.bytes ?? 0)) / 4,
  });
  return { gradients, half: stored, coefficients: partial && sumParts(partial) };
}

/** The coefficients of all samples from those of parts, [parts, classes, 2]. */
function sumParts(partial: Tensor): Tensor {
  const [parts, classes] = partial.shape as [number, number, number];
  if (parts === 1) return partial;
  const sum = partial.device.empty([classes, 2]);
  sumRows(partial, parts, 2 * classes, sum);
  partial.dispose();
  return sum;
}

/** Into how many parts a mainloop divides a row of a tile for the epilogue: see lib/tile_product_subgroup, _matrix. */
const rowParts = ({ conditions, constants }: Tile): number =>
  constants.SUBGROUPS_ACROSS ?? (conditions.wide ? 2 : 1);

/** The same of a column. */
const columnParts = ({ constants }: Tile): number =>
  constants.SUBGROUPS ? constants.SUBGROUPS / constants.SUBGROUPS_ACROSS! : 1;

/** The product of a window with an epilogue of shaders/heads/class_products. @param own what the epilogue takes, and how many numbers it writes */
function productWith(
  head: HeadPass,
  window: ScoreWindow,
  tile: Tile,
  own: Required<Pick<Dispatch, 'constants' | 'conditions' | 'bindings'>> & { readonly written: number },
): void {
  const { rows } = head.scores;
  const [samples, d] = rows.shape as [number, number];
  const { classes, weights } = window;
  const { constants, conditions, bindings } = shared(head, window);
  const products = samples * classes;
  tileProduct(
    rows.device,
    {
      kernel: productsKernel,
      rows: samples,
      columns: classes,
      depth: 1,
      outer: 1,
      bAlongK: true,
      constants: { ...constants, D: d, INVOCATIONS: tile.invocations, ...own.constants },
      conditions: {
        ...conditions,
        vec4_rows: d % 4 === 0,
        vec4_classes: classes % 4 === 0,
        in_subgroup: tile.constants.SUBGROUP !== undefined,
        ...own.conditions,
      },
      bindings: { features: rows, weights, ...bindings, ...own.bindings },
      cost: {
        flops: (2 * d + head.flops) * products,
        bytes: 4 * (rows.size + weights.size + own.written),
      },
    },
    tile,
  );
}
