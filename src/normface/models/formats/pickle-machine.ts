/** The stack machine that a pickle is a program for: its stack, its marks and its memo, and what it asks its caller for. */

import { latin1, PickleInput } from './pickle-input.ts';

/** Stands for a function or class of Python; gets the arguments that the pickle gives it. */
export type PickleFunction = (...args: unknown[]) => unknown;

export interface PickleOptions {
  /** What sentences call the file. */
  readonly source: string;
  /** Where in the bytes the pickle begins; default 0. */
  readonly start?: number;
  /**
   * What stands for a name of Python: a {@link PickleFunction} if the pickle is to call it, otherwise any value. `undefined` refuses it
   * with the machine's sentence. What it makes should be bounded by what the file holds: a function may be called once for each three bytes.
   */
  global(module: string, name: string): unknown;
  /** What a persistent id stands for, such as the storage of a tensor. Without it pickles that have one are refused. */
  persistent?(id: unknown): unknown;
  /** Gives an object, which a function of `global` made, the state that the pickle has for it. Without it such pickles are refused. */
  build?(object: unknown, state: unknown): void;
  /** What text of Python 2 (`str`) becomes: a string, byte by byte as Latin-1 (the default), or its bytes. */
  readonly python2Text?: 'string' | 'bytes';
  /** How many opcodes may be executed, so that a small file does not fill the memory; default 1 million. */
  readonly mostSteps?: number;
}

/** Where MARK was executed: values above it belong to the next list, tuple, dictionary or call. */
const unmarked = 0;

/** The stack machine: what the opcodes do with its stack, its marks and its memo. */
export class Machine {
  readonly input: PickleInput;
  private readonly options: PickleOptions;
  private readonly stack: unknown[] = [];
  /** Heights of the stack at each MARK that is open. */
  private readonly marks: number[] = [];
  private readonly memo = new Map<number, unknown>();

  constructor(bytes: Uint8Array, options: PickleOptions) {
    this.options = options;
    this.input = new PickleInput(bytes, options.start ?? 0, options.source);
  }

  push(value: unknown): void {
    this.stack.push(value);
  }

  pop(): unknown {
    if (this.stack.length <= (this.marks.at(-1) ?? unmarked)) throw this.input.error('its stack is empty');
    return this.stack.pop();
  }

  /** The value on top, which stays there. */
  top(): unknown {
    const value = this.pop();
    this.stack.push(value);
    return value;
  }

  mark(): void {
    this.marks.push(this.stack.length);
  }

  /** What was pushed since the last MARK. */
  popMark(): unknown[] {
    const mark = this.marks.pop();
    if (mark === undefined) throw this.input.error('it closes a list that was not begun');
    return this.stack.splice(mark);
  }

  /** POP, which also takes away a MARK on top. */
  drop(): void {
    if (this.marks.length > 0 && this.stack.length === this.marks.at(-1)) this.marks.pop();
    else this.pop();
  }

  put(index: number): void {
    this.memo.set(index, this.top());
  }

  memoise(): void {
    this.memo.set(this.memo.size, this.top());
  }

  get(index: number): void {
    if (!this.memo.has(index))
      throw this.input.error(`it takes value ${index} from its memo, which has none there`);
    this.push(this.memo.get(index));
  }

  append(items: readonly unknown[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw this.input.error('it appends to what is no list');
    for (const item of items) list.push(item);
  }

  setItems(items: readonly unknown[]): void {
    const dictionary = this.top();
    if (!(dictionary instanceof Map)) throw this.input.error('it sets an entry of what is no dictionary');
    this.fill(dictionary, items);
  }

  addItems(items: readonly unknown[]): void {
    const set = this.top();
    if (!(set instanceof Set)) throw this.input.error('it adds an element to what is no set');
    for (const item of items) set.add(item);
  }

  /** A dictionary of keys and values in turn. */
  fill(dictionary: Map<unknown, unknown>, items: readonly unknown[]): Map<unknown, unknown> {
    if (items.length % 2 !== 0) throw this.input.error('a key of a dictionary has no value');
    for (let i = 0; i < items.length; i += 2) dictionary.set(items[i], items[i + 1]);
    return dictionary;
  }

  text(bytes: Uint8Array): string | Uint8Array {
    return this.options.python2Text === 'bytes' ? bytes : latin1(bytes);
  }

  global(module: unknown, name: unknown): unknown {
    if (typeof module !== 'string' || typeof name !== 'string')
      throw this.input.error('a name of Python is no text');
    const value = this.options.global(module, name);
    if (value === undefined)
      throw this.input.error(
        `it asks for Python's "${module}.${name}", which is not read; nothing was executed`,
      );
    return value;
  }

  call(called: unknown, args: unknown): unknown {
    if (typeof called !== 'function') throw this.input.error('it calls what is no function');
    if (!Array.isArray(args)) throw this.input.error('it calls a function with what is no tuple');
    if (args.length > 64) throw this.input.error(`it calls a function with ${args.length} arguments`);
    return (called as PickleFunction)(...args);
  }

  persistent(id: unknown): unknown {
    if (!this.options.persistent) throw this.input.error('it refers to an object outside of it');
    return this.options.persistent(id);
  }

  build(): void {
    const state = this.pop();
    const object = this.top();
    if (!this.options.build) throw this.input.error('it gives an object a state, which is not read');
    this.options.build(object, state);
  }
}
