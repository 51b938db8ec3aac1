import type { Device, Tensor } from '../../core/tensor.ts';
import type { StructLayout } from '../../runtime/struct-layout.ts';
import type { Choice, Variant } from '../../tuning/choice.ts';
import { defaultTile } from '../matmul/default_tile.ts';
import { type Tile, tileCandidates, tileMainloopSources, tilesOf } from '../matmul/tiles.ts';
import { ClassScores, type ScoreWindow } from './class_scores.ts';
import {
  gradientsInProduct,
  gradientsOfProducts,
  type HeadPass,
  headPassSources,
  reduceInProduct,
  reduceProducts,
} from './head_passes.ts';

/** How a head goes through its windows. */
export interface HeadVariant extends Variant {
  /** The mainloop whose epilogue does it; null: products go through memory. */
  readonly tile: Tile | null;
  /**
   * Whether the forward pass stores the products of the last window all the same, so that the backward pass need not make them again. In
   * memory it always does.
   */
  readonly keeps: boolean;
}

interface MeasurableHead extends HeadPass {
  readonly decision: Pick<StructLayout, 'words' | 'dtype'>;
}

const inMemory: HeadVariant = { name: 'in memory', tile: null, keeps: true };

function inProduct(tile: Tile, keeps: boolean): HeadVariant {
  return { name: `in the product, ${tile.name}${keeps ? ', last window kept' : ''}`, tile, keeps };
}

/** Whether a tile's mainloop hands out rows and columns, and its workgroup has memory for what its invocations exchange. */
function hasEpilogue(device: Device, tile: Tile, { state }: HeadPass): boolean {
  const { maxComputeWorkgroupStorageSize } = device.report.limits;
  if (tile.constants.UNIT_ROWS !== undefined) return stagesRows(tile, maxComputeWorkgroupStorageSize);
  const exchanged = 4 * Math.max(4, state.words) * tile.invocations;
  return (
    tile.constants.SUBGROUP !== undefined || tileBytes(tile) + exchanged <= maxComputeWorkgroupStorageSize
  );
}

/**
 * Whether a subgroup on matrix units can lay out the results that lie side by side in its part so that each of its invocations has the same four columns of
 * all rows, and there is memory for that: see lib/tile_product_matrix.
 */
function stagesRows({ columns, constants, workgroupBytes = 0 }: Tile, most: number): boolean {
  const { SUBGROUP, SUBGROUPS, SUBGROUPS_ACROSS, UNIT_ROWS, UNIT_COLUMNS } = constants as Record<
    string,
    number
  >;
  const width = columns / SUBGROUPS_ACROSS!;
  const lanes = width / 4;
  const staged = 4 * SUBGROUPS! * UNIT_ROWS! * (width - UNIT_COLUMNS!);
  return (
    Number.isInteger(Math.log2(lanes)) &&
    SUBGROUP! % lanes === 0 &&
    (UNIT_ROWS! * lanes) % SUBGROUP! === 0 &&
    workgroupBytes + staged <= most
  );
}

/** Workgroup memory of a mainloop through it, at most: 16 k of rows and columns. */
const tileBytes = ({ rows, columns }: Tile): number => 64 * (rows + columns);

/**
 * The ways to go; by default the product's epilogue on GPUs and memory on software drivers (docs/kernels/head.md).
 *
 * A model for GPUs, in bytes for n samples and a window of C classes: in memory the products are written and read in the forward pass,
 * and in the backward pass written, read, and read again beside their gradients for the Jacobian; in the epilogue none of it happens.
 * Keeping the last window's products costs 8·n·C bytes and spares reading the weights, 4·d·C, and the product's arithmetic: fewer bytes
 * where 2·n ≤ d.
 */
export function headChoice(head: MeasurableHead): Choice<HeadVariant> {
  const { features, windows } = head.scores;
  const { device, shape } = features;
  const [samples, d] = shape as [number, number];
  const { classes } = windows[0]!;
  const tiles = tilesOf(device).filter((tile) => hasEpilogue(device, tile, head));
  const keeps = 2 * samples <= d;
  const both = (tile: Tile): HeadVariant[] => [inProduct(tile, keeps), inProduct(tile, !keeps)];
  const variants = [inMemory, ...tiles.flatMap(both)];
  const usual = defaultTile(device, { rows: samples, columns: classes, depth: 1, mostSplits: 1 });
  const tile = tiles.find(({ name }) => name === usual.name) ?? tiles[0];
  const defaultVariant =
    device.report.software || !tile
      ? inMemory
      : variants.find((variant) => variant.tile === tile && variant.keeps === keeps)!;
  const worthTrying = new Set(tileCandidates(device).map(({ name }) => name));
  return {
    operation: 'head',
    shape: {
      samples,
      classes,
      d,
      several: windows.length > 1,
      jacobian: head.scores.hasJacobian,
      [head.family]: true,
      ...head.conditions,
      half: device.operands === 'f16',
    },
    // Scores, and both of their gradients.
    flops: 6 * samples * d * windows.reduce((sum, window) => sum + window.classes, 0),
    sources: [...headPassSources, ...tileMainloopSources],
    variants,
    // Of several windows the one that may be kept counts little.
    candidates: variants.filter(
      (variant) =>
        !variant.tile ||
        (worthTrying.has(variant.tile.name) && (windows.length === 1 || variant.keeps === keeps)),
    ),
    defaultVariant,
    benchmark: (variant) => benchmark(head, variant),
  };
}

/** One window forward and backward on scratch memory, up to the gradients of the products: what comes after is the same for all. */
function benchmark(head: MeasurableHead, { tile, keeps }: HeadVariant): void {
  const { scores, state, decision } = head;
  const { features, weights, options, windows } = scores;
  const { device } = features;
  const [first] = windows as [ScoreWindow];
  const samples = features.shape[0]!;
  const scratch = ({ shape, dtype }: Pick<Tensor, 'shape' | 'dtype'>): Tensor => device.empty(shape, dtype);
  const like = (tensor: Tensor, scratched: Tensor): Tensor =>
    tensor.requiresGradient ? scratched.requireGradient() : scratched;
  const copy = new ClassScores({
    ...options,
    features: like(features, scratch(features)),
    weights: like(weights, device.empty([first.classes, weights.shape[1]!])),
    classesInUse: options.classesInUse && scratch(options.classesInUse),
  });
  const decisions = device.empty([samples, decision.words], decision.dtype);
  const bound = Object.entries(head.bindings(first)).map(([name, tensor]) => [
    name,
    scratch(tensor as Tensor),
  ]);
  const bindings = { ...Object.fromEntries(bound), decisions };
  const pass: HeadPass = { ...head, scores: copy, bindings: () => bindings };
  const [window] = copy.windows as [ScoreWindow];
  const states = device.empty([samples, state.words], state.dtype);
  const upstream = device.empty([]);
  let products: Tensor | null = null;
  if (tile) {
    products = keeps && windows.length === 1 ? device.empty([samples, window.classes]) : null;
    reduceInProduct(pass, window, tile, states, products);
  } else {
    products = copy.productsOf(window);
    reduceProducts(pass, window, products, states);
    if (windows.length > 1) products = copy.productsOf(window);
  }
  const half = device.operands === 'f16';
  if (products) gradientsOfProducts(pass, window, products, upstream, half);
  else gradientsInProduct(pass, window, tile!, upstream, half);
}
