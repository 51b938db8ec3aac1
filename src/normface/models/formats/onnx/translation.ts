/** The graph of an ONNX file on its way into a {@link ModelGraph}: what is known of each value so far. */

import type { ModelNode, ModelTensor, Operation, Sides } from '../../model-file.ts';
import { refusal } from '../refusal.ts';
import { type Constant, constantOf, mostDepth, mostNumbers, sizeOf } from './constant.ts';
import type { OnnxModel, OnnxNode } from './model.ts';

/** Numbers that follow from the images. */
export interface ValueSlot {
  readonly kind: 'value';
  /** Its name in the graph that is made. */
  readonly value: string;
  /** Dimensions with the batch: 4 for images, 2 for features. */
  readonly rank?: number;
  readonly channels?: number;
  /** Whether the file has it as [n, height, width, channels] here. */
  readonly channelsLast?: true;
  /** Zeros around it that the graph does not have yet. */
  readonly zeros?: Sides;
}

/** What a name in the file stands for. */
export type Slot =
  | ValueSlot
  | { readonly kind: 'constant'; readonly constant: Constant }
  /** Of a value: its shape, its squares, the sum of these in each sample, and the root of the sum. */
  | { readonly kind: 'shape' | 'squares' | 'squaredLength' | 'length'; readonly of: ValueSlot };

/** Takes one node into the graph that is made. */
export type Operator = (translation: Translation, node: OnnxNode) => void;

export class Translation {
  readonly opset: number;
  readonly nodes: ModelNode[] = [];
  private readonly source: string;
  private readonly model: OnnxModel;
  private readonly slots = new Map<string, Slot>();
  /** Tensors that nodes of the graph take. */
  private readonly taken = new Map<string, ModelTensor>();
  /** Constants that served, and those that they are computed from. */
  private readonly used = new Set<Constant>();
  /** How many more numbers may be computed. */
  private numbersLeft: number;

  /** @param size of the file in bytes */
  constructor(model: OnnxModel, source: string, size: number) {
    this.numbersLeft = size + 2 ** 20;
    this.model = model;
    this.opset = model.opset;
    this.source = source;
    for (const tensor of model.tensors)
      this.slots.set(tensor.name, { kind: 'constant', constant: constantOf(tensor) });
  }

  fail(node: OnnxNode, reason: string): never {
    throw refusal(`${this.source}: the node "${node.name}" (${node.operator}): ${reason}`);
  }

  /** @throws UserError where nothing before has the name */
  slot(node: OnnxNode, name: string): Slot {
    const slot = this.slots.get(name);
    if (slot) return slot;
    const later = this.model.nodes.some(({ outputs }) => outputs.includes(name));
    return this.fail(
      node,
      later
        ? `it reads "${name}", which only a later node gives: nodes are out of order, or form a cycle`
        : `it reads "${name}", which is no tensor of the file, no input and no node's output`,
    );
  }

  set(name: string, slot: Slot): void {
    if (name !== '') this.slots.set(name, slot);
  }

  has(name: string): boolean {
    return this.slots.has(name);
  }

  /** The slot of a node's input, or undefined where it is not given. */
  input(node: OnnxNode, i: number): Slot | undefined {
    const name = node.inputs[i];
    return name === undefined || name === '' ? undefined : this.slot(node, name);
  }

  /** An input that follows from the images, as it is. @throws UserError for others */
  rawValue(node: OnnxNode, i: number): ValueSlot {
    const slot = this.input(node, i);
    if (slot?.kind === 'value') return slot;
    return this.fail(
      node,
      `its input ${i + 1}${slot ? ' is constant or no image' : ' is missing'}, which is not supported`,
    );
  }

  /** An input with channels first and without zeros around it. @throws UserError for others */
  value(node: OnnxNode, i: number): ValueSlot {
    return this.plain(node, this.rawValue(node, i));
  }

  plain(node: OnnxNode, slot: ValueSlot): ValueSlot {
    if (slot.channelsLast) this.fail(node, 'images with their channels last are not supported here');
    if (slot.zeros) this.fail(node, 'zeros around images are supported before a convolution only');
    return slot;
  }

  constant(node: OnnxNode, i: number): Constant | undefined {
    const slot = this.input(node, i);
    if (!slot || slot.kind === 'constant') return slot?.constant;
    return this.fail(node, `its input ${i + 1} is not constant, which is not supported`);
  }

  /** A constant that must be there. */
  weight(node: OnnxNode, i: number): Constant {
    return this.constant(node, i) ?? this.fail(node, `its input ${i + 1} is missing`);
  }

  /** The numbers of a small constant, which is then used. @throws UserError where they are more than any shape or list has */
  numbers(node: OnnxNode, constant: Constant): number[] {
    this.use(constant);
    if (sizeOf(constant.shape) > mostNumbers)
      this.fail(node, `the list "${constant.name}" has ${sizeOf(constant.shape)} numbers`);
    return Array.from(constant.numbers());
  }

  /** Remembers that a constant served. */
  use(constant: Constant): void {
    if (this.used.has(constant)) return;
    this.used.add(constant);
    for (const before of constant.from) this.use(before);
  }

  /** Counts the numbers of constants that follow from others. @throws UserError where a small file makes more of them than any model */
  private charge(constant: Constant): void {
    this.numbersLeft -= sizeOf(constant.shape);
    if (this.numbersLeft < 0)
      throw refusal(
        `${this.source}: the constant "${constant.name}" and those before it have many times the numbers of the file`,
      );
  }

  /** Whole numbers from an attribute or, in later versions of the operators, an input; undefined where neither is given. */
  wholeNumbers(node: OnnxNode, attribute: string, i: number): number[] | undefined {
    const stored = node.attributes.get(attribute);
    if (stored) return [...stored.ints];
    const constant = this.constant(node, i);
    return constant && this.numbers(node, constant);
  }

  /** A number likewise. */
  number(node: OnnxNode, attribute: string, i: number): number | undefined {
    const stored = node.attributes.get(attribute);
    if (stored) return stored.float;
    const constant = this.constant(node, i);
    return constant && this.numbers(node, constant)[0];
  }

  /** Makes a constant a tensor that the graph names. @returns its name */
  tensor(constant: Constant, shape = constant.shape): string {
    this.use(constant);
    if (constant.depth > 0) this.charge(constant);
    const known = this.taken.get(constant.name);
    const name =
      !known || known.shape.join() === shape.join() ? constant.name : `${constant.name}:${shape.join('x')}`;
    this.taken.set(name, {
      name,
      shape,
      values() {
        const numbers = constant.numbers();
        return numbers instanceof Float32Array ? numbers : Float32Array.from(numbers);
      },
    });
    return name;
  }

  /**
   * Adds a node to the graph that is made.
   *
   * @param known of what it gives
   * @param output default: the first output of the ONNX node
   */
  emit(
    node: OnnxNode,
    operation: Operation,
    inputs: readonly ValueSlot[],
    { rank, channels, channelsLast }: Pick<ValueSlot, 'rank' | 'channels' | 'channelsLast'>,
    output = node.outputs[0] ?? node.name,
  ): ValueSlot {
    const name = node.outputs.indexOf(output) > 0 ? `${node.name}:${output}` : node.name;
    this.nodes.push({ name, operation, inputs: inputs.map(({ value }) => value), output });
    const slot: ValueSlot = { kind: 'value', value: output, rank, channels, channelsLast };
    this.set(output, slot);
    return slot;
  }

  /** Another name for what is there. */
  alias(node: OnnxNode, slot: Slot): void {
    if (slot.kind === 'constant') {
      if (slot.constant.depth > mostDepth)
        this.fail(node, `it is computed from constants by more than ${mostDepth} operations`);
      this.charge(slot.constant);
    }
    this.set(node.outputs[0] ?? '', slot);
  }

  /** A node's output is a constant. */
  known(node: OnnxNode, constant: Constant): void {
    this.alias(node, { kind: 'constant', constant });
  }

  /** Those that the graph takes, then those of the file that nothing needed. */
  get tensors(): ModelTensor[] {
    const used = new Set([...this.used].map(({ source }) => source));
    const others = this.model.tensors
      .filter(({ name }) => !used.has(name) && !this.taken.has(name))
      .map((tensor) => ({ ...tensor, values: () => Float32Array.from(tensor.numbers()) }));
    return [...this.taken.values(), ...others];
  }
}
