/** What a layer is to the functions that describe, declare and run nets. */

import type { ParameterDeclaration, Parameters } from '../../engine/core/parameters.ts';
import type { Shape } from '../../engine/core/shape.ts';
import type { Tensor } from '../../engine/core/tensor.ts';
import type { Communicator } from '../../engine/distributed/communicator.ts';
import { add } from '../../engine/ops/elementwise/add.ts';
import { runtimeOf } from '../../engine/runtime/runtime.ts';
import type { Initial } from './initial.ts';
import type { Settings } from './setting.ts';

/** [height, width, channels] of images and feature maps, [length] of flat features; the batch is left out. */
export type SampleShape = Shape;

/** A parameter of a layer; `initial` becomes values when the net is built with a seed. */
export interface LayerParameter extends Omit<ParameterDeclaration, 'init'> {
  readonly initial: Initial;
  /** Numbers that one output value is a sum over; xavier needs it. */
  readonly fanIn: number;
}

/** Whether a forward pass is part of the training. */
export interface ForwardMode {
  /** Whether dropout drops and batch norm takes the statistics of the batch. */
  readonly training: boolean;
  /** Ranks whose rows batch norm takes together, in training (default: this one's alone). */
  readonly ranks?: Communicator | null;
  /** Parameters that a training keeps as they are: batch norm whose running statistics are among them takes these, as it does elsewhere. */
  readonly still?: ReadonlySet<string>;
}

/** A layer whose input shape is known: all there is to know about it. */
export interface PlannedLayer {
  readonly output: SampleShape;
  /** Multiply-accumulates of the forward pass of one sample; layers without products count none. */
  readonly macs: number;
  readonly parameters: readonly LayerParameter[];
  /** Layers inside this one. */
  readonly inner?: readonly NamedLayer[];
  /** Of an activation that the layer before computes as well where that one has `forwardFused`. */
  readonly activation?: FusedActivation;
  /** The layer, then an activation if given, then a sum with `residual` if given, in one kernel. */
  forwardFused?(
    x: Tensor,
    parameters: Parameters,
    activation: FusedActivation | null,
    residual: Tensor | null,
  ): Tensor;
  /** @param x [n, ...input] @returns [n, ...output] */
  forward(x: Tensor, parameters: Parameters, mode: ForwardMode): Tensor;
}

/** ReLU, or PReLU with the name of its slopes, one per channel. */
export type FusedActivation = 'relu' | { readonly slope: string };

/** A planned layer with the name and kind it has in the net's list, and the shape it gets. */
export interface NamedLayer extends PlannedLayer {
  readonly name: string;
  readonly kind: string;
  readonly input: SampleShape;
}

/** What layers of every kind have. */
export interface AnyLayer {
  readonly kind: string;
  /** Of its own among all layers of the net; the names of the layer's parameters begin with it. */
  readonly name: string;
}

/**
 * Plans layers that follow one another; given to layers that contain others.
 *
 * @param place where in its layer the list is, such as `shortcut`
 */
export type PlanSequence = (layers: readonly AnyLayer[], input: SampleShape, place: string) => NamedLayer[];

/** A kind of layer: what its settings may be, and what it gives and costs. */
export interface LayerKind<L extends AnyLayer> extends Settings<L> {
  plan(layer: L, input: SampleShape, planSequence: PlanSequence): PlannedLayer;
}

/** Runs layers one after the other, whose names are those of the parts that their dispatches belong to, and adds `residual`, if given, to the result. */
export function forwardAll(
  layers: readonly NamedLayer[],
  x: Tensor,
  parameters: Parameters,
  mode: ForwardMode,
  residual: Tensor | null = null,
): Tensor {
  let features = x;
  let toAdd = residual;
  for (let i = 0; i < layers.length; i++) {
    const layer = layers[i]!;
    const next = layers[i + 1];
    const activation = next?.activation ?? null;
    const added = i + (activation ? 2 : 1) === layers.length ? toAdd : null;
    const fused = layer.forwardFused && (activation || added) ? layer.forwardFused : null;
    const name = fused && activation ? `${layer.name} + ${next!.name}` : layer.name;
    const input = features;
    features = runtimeOf(x.device).inPart(name, () =>
      fused ? fused(input, parameters, activation, added) : layer.forward(input, parameters, mode),
    );
    if (fused && activation) i++;
    if (fused && added) toAdd = null;
  }
  return toAdd ? add(toAdd, features) : features;
}
