import { UserError } from './errors.ts';
import { type Json, parseJson } from './json.ts';
import { readText } from './text.node.ts';

/** Reads a JSON file of at most `most` bytes. @throws UserError when it is missing, larger or not JSON */
export function readJson(file: string, most?: number): Json {
  const text = readText(file, file, most);
  try {
    return parseJson(text) as Json;
  } catch (error) {
    throw new UserError(`${file} is not JSON: ${(error as Error).message}`);
  }
}
