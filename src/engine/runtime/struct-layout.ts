import { DeviceError } from '../core/errors.ts';

/** How a struct of a shader lies in memory. */
export interface StructLayout {
  /** Length of one of an array of them, in words of four bytes. */
  readonly words: number;
  /** Element type of a tensor that holds them: f32 where all members are of floats, else u32. */
  readonly dtype: 'f32' | 'u32';
  /** Names of the members, in order. */
  readonly members: readonly string[];
}

const memberPattern = /^(?:@if\((\w+)\)\s*)?(\w+)\s*:\s*(?:(f32|i32|u32)|vec([234])([fiu]))$/;

/**
 * Reads a struct of numbers and vectors from the text of a WESL module, so that tensors which hold such structs follow the module.
 * Rules of WGSL (https://www.w3.org/TR/WGSL/, alignment and size): a vector of 2 begins at a multiple of 2 words, one of 3 or 4 at a multiple of 4, and a struct ends
 * at a multiple of its largest alignment.
 *
 * @param conditions of members that are behind `@if(condition)`
 * @throws DeviceError if there is no such struct, a member is of another kind, or its condition is not given
 */
export function structLayout(
  source: string,
  name: string,
  conditions: Readonly<Record<string, boolean>> = {},
): StructLayout {
  const body = source
    .replace(/\/\/.*$/gm, '')
    .match(new RegExp(`\\bstruct\\s+${name}\\s*\\{([^}]*)\\}`))?.[1];
  if (body === undefined) throw new DeviceError(`there is no struct ${name} in this shader`);
  const texts = body.split(',').map((text) => text.trim());
  let end = 0;
  let alignment = 1;
  let isFloat = true;
  const members = texts
    .filter((text) => text !== '')
    .flatMap((text) => {
      const [, condition, member, scalar, length, kind] = memberPattern.exec(text) ?? [];
      const isThere = condition === undefined || conditions[condition];
      if (member === undefined || isThere === undefined)
        throw new DeviceError(`the layout of "${text}" in the struct ${name} is not known`);
      if (!isThere) return [];
      const words = Number(length ?? 1);
      const multiple = words === 3 ? 4 : words;
      end = Math.ceil(end / multiple) * multiple + words;
      alignment = Math.max(alignment, multiple);
      isFloat &&= scalar === 'f32' || kind === 'f';
      return member;
    });
  return { words: Math.ceil(end / alignment) * alignment, dtype: isFloat ? 'f32' : 'u32', members };
}
