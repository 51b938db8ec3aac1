/** A net that another program stored, in words that all formats share: what each reader of `formats/` gives and importers take. */

/** A tensor of the file, in the file's own layout: Caffe, PyTorch and ONNX store a convolution's weights as [out, in / groups, height, width]. */
export interface ModelTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Its numbers as float32, row by row; read from the file's bytes when first asked for. */
  values(): Float32Array;
}

/** [top, bottom, left, right] of an image. */
export type Sides = readonly [number, number, number, number];

/** A window that moves over images, [height, width] each. */
interface Window {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: Sides;
  /**
   * In the place of `padding`, where that follows from the size of the images: there are ⌈extent / stride⌉ windows; an odd row or column of
   * zeros comes last (`upper`) or first (`lower`).
   */
  readonly same?: 'upper' | 'lower';
}

/**
 * What a node of a graph computes. Images are [channels, height, width] here, the batch is left out; tensors are named as in
 * {@link ModelFile.tensors}. Nodes that change nothing when features are computed (dropout, identity) are left out by the readers.
 */
export type Operation =
  | (Window & {
      readonly kind: 'conv';
      readonly dilation: readonly [number, number];
      readonly groups: number;
      readonly weight: string;
      readonly bias?: string;
    })
  /** y = W x + b, with W stored [outputs, inputs]; `transposed`: [inputs, outputs]. */
  | {
      readonly kind: 'fullyConnected';
      readonly weight: string;
      readonly transposed: boolean;
      readonly bias?: string;
    }
  /** (x − mean) / √(variance + epsilon) · gamma + beta of each channel. */
  | {
      readonly kind: 'batchNorm';
      readonly mean: string;
      readonly variance: string;
      readonly gamma?: string;
      readonly beta?: string;
      readonly epsilon: number;
    }
  /** x · scale + shift of each channel, or with one number each of all. */
  | { readonly kind: 'affine'; readonly scale?: string; readonly shift?: string }
  /** x · scale + shift by constants. */
  | { readonly kind: 'linear'; readonly scale: number; readonly shift: number }
  | { readonly kind: 'prelu'; readonly slope: string }
  | { readonly kind: 'relu' | 'sigmoid' | 'softmax' | 'globalAveragePool' | 'l2Normalise' }
  /** In the order channels, rows, columns; `channelsLast`: rows, columns, channels. */
  | { readonly kind: 'flatten'; readonly channelsLast?: boolean }
  | (Window & { readonly kind: 'maxPool'; readonly ceilMode: boolean })
  | (Window & { readonly kind: 'averagePool'; readonly ceilMode: boolean; readonly countPadding: boolean })
  /** The sum, the product or the element-wise maximum of the inputs. */
  | { readonly kind: 'add' | 'multiply' | 'maximum' }
  /** Channels side by side. */
  | { readonly kind: 'concatenate' }
  /** Channels from `begin` to before `end`. */
  | { readonly kind: 'channels'; readonly begin: number; readonly end: number }
  | { readonly kind: 'reshape'; readonly shape: readonly number[] }
  /** What a reader has no word for: refused where the feature needs it, and no matter in a head that only training has. */
  | { readonly kind: 'unsupported'; readonly type: string; readonly settings: string };

export interface ModelNode {
  /** As the file names it, or made up from its output. */
  readonly name: string;
  readonly operation: Operation;
  /** Names of values: outputs of other nodes, or inputs of the graph. Weights are not among them. */
  readonly inputs: readonly string[];
  readonly output: string;
}

/** Nodes in an order in which each comes after those that it reads. */
export interface ModelGraph {
  /** Shapes without the batch, where the file tells them; 0 stands for an extent that it leaves open. */
  readonly inputs: readonly { readonly name: string; readonly shape?: readonly number[] }[];
  readonly outputs: readonly string[];
  readonly nodes: readonly ModelNode[];
}

/** A net or its weights as a file holds them. */
export interface ModelFile {
  readonly format: 'caffe' | 'pytorch' | 'safetensors' | 'onnx' | 'face-api';
  readonly tensors: readonly ModelTensor[];
  /** Absent where the format stores tensors only. */
  readonly graph?: ModelGraph;
  /** What the file says of itself by names. */
  readonly metadata?: Readonly<Record<string, string>>;
}
