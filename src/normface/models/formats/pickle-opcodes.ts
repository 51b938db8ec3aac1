/** The opcodes of Python's pickles (Python's module `pickletools`), each as what it does to the machine. */

import type { PickleInput } from './pickle-input.ts';
import type { Machine } from './pickle-machine.ts';

/** What each opcode does, by its byte; names as in `pickletools`. */
export const opcodes: (((machine: Machine) => void) | undefined)[] = [];

/** The byte of an opcode that is a letter. */
export function code(character: string): number {
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
