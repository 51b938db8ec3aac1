/** Where commands put what they computed. Nothing goes into the folder of a run unless that is asked for. */

import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../common/errors.ts';
import { makeFolders, reasonOf } from '../common/files.node.ts';
import { type Report, writeReport } from '../common/report.node.ts';
import { createRunFolder, writeJson } from '../normface/training/run/run-folder.node.ts';
import type { Context } from './context.node.ts';

/** Makes a folder that can be written into. @throws UserError */
export function makeFolder(folder: string): void {
  try {
    makeFolders(folder);
    fs.accessSync(folder, fs.constants.W_OK);
  } catch (error) {
    throw new UserError(`cannot write into ${folder}: ${reasonOf(error)}`);
  }
}

/** The folder of `--out`, by default a new one `runs/<command>-NNN`. @throws UserError when it cannot be made */
export function resultFolder(command: string, out: string | undefined): string {
  if (out === undefined) return createRunFolder('runs', command);
  makeFolder(out);
  return out;
}

/**
 * Stores what was shown already. What cannot be stored is said, and the command ends with exit status 1, but what it computed is not
 * lost: other files, and the result of `--json`, follow.
 * @returns what `store` returns, or null
 */
export async function stored<T>(context: Context, store: () => T | Promise<T>): Promise<T | null> {
  try {
    return await store();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    context.warn(`not stored: ${error.message}`);
    context.exitCode = 1;
    return null;
  }
}

/**
 * Stores a command's result as `result.json` and `report.html` in its folder, which is said.
 * @param out the folder of `--out`
 * @returns the report's path, or null where it could not be stored
 */
export async function storeReport(
  context: Context,
  command: string,
  out: string | undefined,
  result: unknown,
  report: Report,
): Promise<string | null> {
  const file = await stored(context, () => {
    const folder = resultFolder(command, out);
    writeJson(path.join(folder, 'result.json'), result);
    const file = path.join(folder, 'report.html');
    writeReport(file, report);
    return file;
  });
  if (file !== null) context.say(`report ${file}`);
  return file;
}
