/**
 * Reads Python's pickles, protocols 0 to 5 (Python's module `pickletools` describes every opcode), and executes nothing: a pickle is a
 * program for a stack machine, which may name any function of Python. This machine knows no function at all; its caller
 * gives those that a format needs, written here, and every other name is refused.
 */

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

/**
 * What a pickle holds, and where the byte after it lies. Python's values become: None `null`, bool, int (`number`, beyond 2⁵³ `bigint`)
 * and float; str `string`; bytes and bytearray `Uint8Array`, a view of the file's bytes; list and tuple arrays; dict `Map`; set `Set`.
 * Lists may hold themselves, and a list may be in many places: walk only as deep as the format goes.
 *
 * @throws UserError with file, offset of the opcode and reason: cut short, damaged, too long, or asking for what is not given
 */
export function readPickle(bytes: Uint8Array, options: PickleOptions): { value: unknown; end: number } {
  const machine = new Machine(bytes, options);
  return { value: machine.run(), end: machine.input.at };
}

/** Where MARK was executed: values above it belong to the next list, tuple, dictionary or call. */
const unmarked = 0;

class Machine {
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

  run(): unknown {
    const { input } = this;
    const most = this.options.mostSteps ?? 1_000_000;
    for (let step = 0; step < most; step++) {
      input.begin();
      const opcode = input.u8();
      if (opcode === code('.')) return this.pop();
      const execute = opcodes[opcode];
      if (!execute) throw input.error(`0x${opcode.toString(16).padStart(2, '0')} is no opcode that is read`);
      execute(this);
    }
    throw input.error(`it has more than ${most} opcodes`);
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

/** What each opcode does, by its byte; names as in `pickletools`. */
const opcodes: (((machine: Machine) => void) | undefined)[] = [];

function code(character: string): number {
  return character.charCodeAt(0);
}

function define(opcode: string | number, execute: (machine: Machine) => void): void {
  opcodes[typeof opcode === 'string' ? code(opcode) : opcode] = execute;
}

/** An opcode that pushes what it says. */
function pushes(opcode: string | number, value: (input: PickleInput, machine: Machine) => unknown): void {
  define(opcode, (machine) => machine.push(value(machine.input, machine)));
}

// PROTO and FRAME: what they tell is not needed.
define(0x80, (m) => {
  const protocol = m.input.u8();
  if (protocol > 5) throw m.input.error(`it is of protocol ${protocol}; 0 to 5 are read`);
});
define(0x95, (m) => m.input.within(m.input.u64()));

// Constants and numbers: NONE, NEWTRUE, NEWFALSE, BININT1, BININT2, BININT, INT, LONG, LONG1, LONG4, FLOAT, BINFLOAT.
pushes('N', () => null);
pushes(0x88, () => true);
pushes(0x89, () => false);
pushes('K', (input) => input.u8());
pushes('M', (input) => input.u16());
pushes('J', (input) => input.i32());
pushes('I', (input) => {
  const line = input.line();
  return line === '01' ? true : line === '00' ? false : input.integer(line);
});
pushes('L', (input) => input.integer(input.line().replace(/L$/, '')));
pushes(0x8a, (input) => input.long(input.u8()));
pushes(0x8b, (input) => input.long(input.u32()));
pushes('F', (input) => input.float(input.line()));
pushes('G', (input) => input.f64());

// Text: SHORT_BINUNICODE, BINUNICODE, BINUNICODE8, UNICODE; of Python 2 SHORT_BINSTRING, BINSTRING, STRING.
pushes(0x8c, (input) => input.utf8(input.u8()));
pushes('X', (input) => input.utf8(input.u32()));
pushes(0x8d, (input) => input.utf8(input.u64()));
pushes('V', (input) => input.unicodeLine());
pushes('U', (input, m) => m.text(input.take(input.u8())));
pushes('T', (input, m) => m.text(input.take(input.i32())));
pushes('S', (input, m) => m.text(input.quotedLine()));

// Bytes: SHORT_BINBYTES, BINBYTES, BINBYTES8, BYTEARRAY8.
pushes('C', (input) => input.take(input.u8()));
pushes('B', (input) => input.take(input.u32()));
pushes(0x8e, (input) => input.take(input.u64()));
pushes(0x96, (input) => input.take(input.u64()));

// The stack and the memo: MARK, POP, POP_MARK, DUP, PUT, BINPUT, LONG_BINPUT, MEMOIZE, GET, BINGET, LONG_BINGET.
define('(', (m) => m.mark());
define('0', (m) => m.drop());
define('1', (m) => void m.popMark());
define('2', (m) => m.push(m.top()));
define('p', (m) => m.put(Number(m.input.integer(m.input.line()))));
define('q', (m) => m.put(m.input.u8()));
define('r', (m) => m.put(m.input.u32()));
define(0x94, (m) => m.memoise());
define('g', (m) => m.get(Number(m.input.integer(m.input.line()))));
define('h', (m) => m.get(m.input.u8()));
define('j', (m) => m.get(m.input.u32()));

// Lists and tuples: EMPTY_LIST, LIST, APPEND, APPENDS, EMPTY_TUPLE, TUPLE, TUPLE1 to 3.
pushes(']', () => []);
pushes('l', (_, m) => m.popMark());
define('a', (m) => {
  const item = m.pop();
  m.append([item]);
});
define('e', (m) => m.append(m.popMark()));
pushes(')', () => []);
pushes('t', (_, m) => m.popMark());
for (const [opcode, count] of [
  [0x85, 1],
  [0x86, 2],
  [0x87, 3],
] as const)
  pushes(opcode, (_, m) => Array.from({ length: count }, () => m.pop()).reverse());

// Dictionaries and sets: EMPTY_DICT, DICT, SETITEM, SETITEMS, EMPTY_SET, ADDITEMS, FROZENSET.
pushes('}', () => new Map());
pushes('d', (_, m) => m.fill(new Map(), m.popMark()));
define('s', (m) => {
  const value = m.pop();
  const key = m.pop();
  m.setItems([key, value]);
});
define('u', (m) => m.setItems(m.popMark()));
pushes(0x8f, () => new Set());
define(0x90, (m) => m.addItems(m.popMark()));
pushes(0x91, (_, m) => new Set(m.popMark()));

// Names and objects: GLOBAL, STACK_GLOBAL, REDUCE, NEWOBJ, NEWOBJ_EX, INST, OBJ, BUILD, PERSID, BINPERSID.
pushes('c', (input, m) => {
  const module = input.line();
  return m.global(module, input.line());
});
pushes(0x93, (_, m) => {
  const name = m.pop();
  return m.global(m.pop(), name);
});
for (const opcode of ['R', 0x81])
  pushes(opcode, (_, m) => {
    const args = m.pop();
    return m.call(m.pop(), args);
  });
pushes(0x92, (input, m) => {
  const named = m.pop();
  if (!(named instanceof Map) || named.size > 0)
    throw input.error('it calls a function with named arguments, which are not read');
  const args = m.pop();
  return m.call(m.pop(), args);
});
pushes('i', (input, m) => {
  const module = input.line();
  const called = m.global(module, input.line());
  return m.call(called, m.popMark());
});
pushes('o', (_, m) => {
  const [called, ...args] = m.popMark();
  return m.call(called, args);
});
define('b', (m) => m.build());
pushes('P', (input, m) => m.persistent(input.line()));
pushes('Q', (_, m) => m.persistent(m.pop()));
