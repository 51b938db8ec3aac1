import { elementCount } from '../../engine/core/shape.ts';
import type { SampleShape } from './layer.ts';
import type { Net } from './net.ts';
import { planNet, withInner } from './plan.ts';

/** One row of the table of a net. */
export interface LayerDescription {
  readonly name: string;
  readonly kind: string;
  /** [height, width, channels] or [length], without the batch. */
  readonly input: SampleShape;
  readonly output: SampleShape;
  /** Number of values of each learnt parameter, by name. */
  readonly parameters: Readonly<Record<string, number>>;
  /** Multiply-accumulates of the forward pass of one image. */
  readonly macs: number;
}

/** Layers, parameters, arithmetic and memory of a net. */
export interface NetDescription {
  readonly layers: readonly LayerDescription[];
  readonly output: SampleShape;
  /** Values of all learnt parameters together. */
  readonly parameters: number;
  readonly macs: number;
  /**
   * Numbers in the outputs of all layers for one image: what training has to keep, before outputs share memory. Flattening makes
   * no new ones.
   */
  readonly activations: number;
}

/**
 * What every layer of a net gives and costs. Layers inside others come before the one that holds them:
 * of a residual first its shortcut, then its layers, then the sum.
 *
 * @throws UserError if a layer is wrong, or the layers do not fit one another or the images
 */
export function describeNet(net: Net, input: SampleShape = net.input): NetDescription {
  const layers = planNet(net, input)
    .flatMap(withInner)
    .map(({ name, kind, input, output, parameters, macs }) => ({
      name,
      kind,
      input,
      output,
      parameters: Object.fromEntries(
        parameters.filter(({ frozen }) => !frozen).map(({ name, shape }) => [name, elementCount(shape)]),
      ),
      macs,
    }));
  const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);
  return {
    layers,
    output: layers.at(-1)?.output ?? input,
    parameters: total(layers.flatMap(({ parameters }) => Object.values(parameters))),
    macs: total(layers.map(({ macs }) => macs)),
    activations: total(
      layers.filter(({ kind }) => kind !== 'flatten').map(({ output }) => elementCount(output)),
    ),
  };
}
