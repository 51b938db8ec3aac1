/** A chain of layers that grows by one at a time, with the values of their parameters. */

import { ArgumentError, formatShape } from '../../engine/core/errors.ts';
import { elementCount } from '../../engine/core/shape.ts';
import { layerKinds } from '../nets/kinds.ts';
import type { AnyLayer, LayerKind, NamedLayer, SampleShape } from '../nets/layer.ts';
import type { Layer } from '../nets/net.ts';
import { refusal } from './formats/refusal.ts';
import type { GraphTensors } from './graph-tensors.ts';
import { LayerNames } from './layer-names.ts';
import type { ModelNode, Operation } from './model-file.ts';
import { flattenedOrder, reordered } from './weight-layout.ts';

/** What flows between layers. */
export interface Value {
  /** [height, width, channels], or [length]. */
  readonly shape: SampleShape;
  /** Of flat numbers: where each of them is in the file's order; absent where the orders are one. */
  readonly order?: Uint32Array;
}

/** Layers that follow one another, and what they give. A chain has one list, which grows: a chain that was added to is not used again. */
export interface Chain {
  readonly layers: Layer[];
  readonly value: Value;
}

/** The operations of a kind. */
export type OperationOf<Kind extends Operation['kind']> = Extract<Operation, { kind: Kind }>;

export const channelsOf = ({ shape }: Value): number => shape.at(-1)!;

/** A net has the numbers of its file, some more than once where layers share them, and scales and shifts of one where there are none. */
const mostTimesUsed = 4;
const mostMadeUp = 2 ** 22;

export class GraphBuilder {
  /** Of the parameters made so far, by name. */
  readonly values = new Map<string, Float32Array>();
  readonly tensors: GraphTensors;
  readonly names = new LayerNames();
  /** Batch norms of the file that have no scale and shift of their own yet, as Caffe's. */
  readonly bare = new Set<string>();
  private readonly source: string;
  /** How many more numbers the parameters may have. */
  private numbersLeft: number;
  private readonly orders = new Map<string, Uint32Array | undefined>();

  constructor(tensors: GraphTensors, source: string) {
    this.tensors = tensors;
    this.source = source;
    this.numbersLeft = mostTimesUsed * tensors.size + mostMadeUp;
  }

  /** @throws UserError: the node, its settings, and what would do */
  refuse(node: ModelNode, supported: string): never {
    throw refusal(`${this.source}: the node "${node.name}" (${describe(node.operation)}): ${supported}`);
  }

  /**
   * The chain with another layer.
   *
   * @param values of its parameters, by their names without the layer's
   * @param order of what the layer gives; default: that of what it gets
   */
  append(
    chain: Chain,
    node: ModelNode,
    layer: Layer,
    values: Readonly<Record<string, Float32Array | undefined>> = {},
    order = chain.value.order,
  ): Chain {
    const planned = this.plan(layer, chain.value.shape, node);
    const parameters = [planned, ...(planned.inner ?? [])].flatMap(({ parameters }) => parameters);
    for (const { name, shape } of parameters) {
      const value = values[name.slice(layer.name.length + 1)];
      // The layers inside a join have got theirs before.
      if (!value) continue;
      if (value.length !== elementCount(shape))
        this.refuse(node, `it has ${value.length} numbers where ${formatShape(shape)} fit its input`);
      this.charge(node, value.length);
      this.values.set(name, value);
    }
    chain.layers.push(layer);
    return { layers: chain.layers, value: { shape: planned.output, ...(order && { order }) } };
  }

  /** Counts numbers that are made for a node. @throws UserError where a small file makes a large net */
  charge(node: ModelNode, numbers: number): void {
    this.numbersLeft -= numbers;
    if (this.numbersLeft < 0)
      this.refuse(
        node,
        'with it the net has many times the numbers of its file, which no net that was trained has',
      );
  }

  /** {@link flattenedOrder} of a shape, made once. */
  orderOf(node: ModelNode, shape: readonly [number, number, number]): Uint32Array | undefined {
    const key = shape.join();
    if (!this.orders.has(key)) {
      this.charge(node, elementCount(shape));
      this.orders.set(key, flattenedOrder(shape));
    }
    return this.orders.get(key);
  }

  private plan(layer: AnyLayer, input: SampleShape, node: ModelNode): NamedLayer {
    // The table maps each kind to itself, which TypeScript cannot follow through an index.
    const { plan } = layerKinds[layer.kind as keyof typeof layerKinds] as LayerKind<AnyLayer>;
    const sequence = (layers: readonly AnyLayer[], from: SampleShape): NamedLayer[] => {
      let shape = from;
      return layers.map((inner) => {
        const planned = this.plan(inner, shape, node);
        shape = planned.output;
        return planned;
      });
    };
    try {
      return { name: layer.name, kind: layer.kind, input, ...plan(layer, input, sequence) };
    } catch (error) {
      if (!(error instanceof ArgumentError)) throw error;
      return this.refuse(node, error.message);
    }
  }

  /** A vector of the file in the order of the numbers here; where there is none, one number. */
  perChannel(value: Value, node: ModelNode, name: string | undefined, preset: number): Float32Array {
    const length = channelsOf(value);
    return name === undefined
      ? new Float32Array(length).fill(preset)
      : reordered(this.tensors.vector(name, length, node.name), value.order);
  }
}

/** "conv, kernel 3×3, stride 2×1". */
function describe(operation: Operation): string {
  const words = Object.entries(operation).flatMap(([key, value]) => {
    if (Array.isArray(value)) return [`${key} ${value.join('×')}`];
    return typeof value === 'number' || typeof value === 'boolean' ? [`${key} ${value}`] : [];
  });
  return [operation.kind, ...words].join(', ');
}
