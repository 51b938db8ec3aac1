/** What a layer is to the functions that describe, declare and run nets. */

import type { ParameterDeclaration, Parameters } from '../../engine/parameters.ts';
import type { Shape, Tensor } from '../../engine/tensor.ts';
import type { Initial } from './initial.ts';

/** [height, width, channels] of images and feature maps, [length] of flat features; the batch is left out. */
export type SampleShape = Shape;

/** A parameter of a layer; `initial` becomes values when the net is built with a seed. */
export interface LayerParameter extends Omit<ParameterDeclaration, 'init'> {
  readonly initial: Initial;
  /** Numbers that one output value is a sum over; xavier needs it. */
  readonly fanIn: number;
}

export interface ForwardMode {
  /** Whether dropout drops and batch norm takes the statistics of the batch. */
  readonly training: boolean;
}

/** A layer whose input shape is known: all there is to know about it. */
export interface PlannedLayer {
  readonly output: SampleShape;
  /** Multiply-accumulates of the forward pass of one sample; layers without products count none. */
  readonly macs: number;
  readonly parameters: readonly LayerParameter[];
  /** Layers inside this one. */
  readonly inner?: readonly NamedLayer[];
  /** @param x [n, ...input] @returns [n, ...output] */
  forward(x: Tensor, parameters: Parameters, mode: ForwardMode): Tensor;
}

/** A planned layer with the name and kind it has in the net's list, and the shape it gets. */
export interface NamedLayer extends PlannedLayer {
  readonly name: string;
  readonly kind: string;
  readonly input: SampleShape;
}

/** Plans layers that follow one another; given to layers that contain others. */
export type PlanSequence<Layer> = (layers: readonly Layer[], input: SampleShape) => NamedLayer[];

/** Runs layers one after the other. */
export function forwardAll(
  layers: readonly PlannedLayer[],
  x: Tensor,
  parameters: Parameters,
  mode: ForwardMode,
): Tensor {
  return layers.reduce((features, layer) => layer.forward(features, parameters, mode), x);
}
