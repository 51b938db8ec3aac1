import { UserError } from './errors.ts';
import { type Json, parseJson } from './json.ts';
import { readText } from './text.node.ts';

/** Reads a JSON file. @throws UserError when it is missing or not JSON */
export function readJson(file: string): Json {
  const text = readText(file);
  try {
    return parseJson(text) as Json;
  } catch (error) {
    throw new UserError(`${file} is not JSON: ${(error as Error).message}`);
  }
}
