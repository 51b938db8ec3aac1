/** Nets in JSON files. */

import { readJson } from '../../common/json-file.node.ts';
import { checkNet } from './check-net.ts';
import { findNet } from './index.ts';
import type { Net } from './net.ts';

/** Whether a text names a file with a net; all others are names of nets. */
export function isNetFile(text: string): boolean {
  return /\.json$/i.test(text);
}

/** @throws UserError when the file is missing or no JSON; UsageError when it holds no net */
export function readNet(file: string): Net {
  return checkNet(readJson(file), file);
}

/** The net of a name or in a file. @throws as {@link findNet} and {@link readNet} */
export function openNet(text: string): Net {
  return isNetFile(text) ? readNet(text) : findNet(text);
}
