/**
 * Reads Python's pickles, protocols 0 to 5 (Python's module `pickletools` describes every opcode), and executes nothing: a pickle is a
 * program for a stack machine, which may name any function of Python. This machine knows no function at all; its caller
 * gives those that a format needs, written here, and every other name is refused.
 */

import { Machine, type PickleOptions } from './pickle-machine.ts';
import { code, opcodes } from './pickle-opcodes.ts';

export type { PickleFunction, PickleOptions } from './pickle-machine.ts';

/** STOP. */
const stop = code('.');

/**
 * What a pickle holds, and where the byte after it lies. Python's values become: None `null`, bool, int (`number`, beyond 2⁵³ `bigint`)
 * and float; str `string`; bytes and bytearray `Uint8Array`, a view of the file's bytes; list and tuple arrays; dict `Map`; set `Set`.
 * Lists may hold themselves, and a list may be in many places: walk only as deep as the format goes.
 *
 * @throws UserError with file, offset of the opcode and reason: cut short, damaged, too long, or asking for what is not given
 */
export function readPickle(bytes: Uint8Array, options: PickleOptions): { value: unknown; end: number } {
  const machine = new Machine(bytes, options);
  const { input } = machine;
  const most = options.mostSteps ?? 1_000_000;
  for (let step = 0; step < most; step++) {
    input.begin();
    const opcode = input.u8();
    if (opcode === stop) return { value: machine.pop(), end: input.at };
    const execute = opcodes[opcode];
    if (!execute) throw input.error(`0x${opcode.toString(16).padStart(2, '0')} is no opcode that is read`);
    execute(machine);
  }
  throw input.error(`it has more than ${most} opcodes`);
}
