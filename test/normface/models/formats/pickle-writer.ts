/** Pickles for tests, opcode by opcode (Python's `pickletools`), of protocol 2. */

/** A part of a pickle that pushes one value. */
export type Pickled = readonly number[];

const ascii = (text: string): number[] => [...new TextEncoder().encode(text)];

const word = (value: number): number[] => [...new Uint8Array(Uint32Array.of(value).buffer)];

export const none: Pickled = ascii('N');
export const yes: Pickled = [0x88];
export const no: Pickled = [0x89];

export function int(value: number): Pickled {
  return [...ascii('J'), ...word(value)];
}

/** LONG1. */
export function long(value: bigint, bytes = 16): Pickled {
  return [0x8a, bytes, ...Array.from({ length: bytes }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn))];
}

export function text(value: string): Pickled {
  const bytes = ascii(value);
  return [...ascii('X'), ...word(bytes.length), ...bytes];
}

export function tuple(...items: Pickled[]): Pickled {
  return [...ascii('('), ...items.flat(), ...ascii('t')];
}

export function list(...items: Pickled[]): Pickled {
  return [...ascii(']('), ...items.flat(), ...ascii('e')];
}

export function dict(
  entries: readonly (readonly [Pickled, Pickled])[],
  empty: Pickled = ascii('}'),
): Pickled {
  return [...empty, ...ascii('('), ...entries.flat(2), ...ascii('u')];
}

export function global(module: string, name: string): Pickled {
  return ascii(`c${module}\n${name}\n`);
}

export function call(called: Pickled, ...args: Pickled[]): Pickled {
  return [...called, ...tuple(...args), ...ascii('R')];
}

export function persistent(id: Pickled): Pickled {
  return [...id, ...ascii('Q')];
}

export function pickle(value: Pickled): Uint8Array {
  return Uint8Array.from([0x80, 2, ...value, ...ascii('.')]);
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
