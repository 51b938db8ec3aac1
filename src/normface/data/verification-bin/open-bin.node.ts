import { basename, extname, resolve } from 'node:path';
import { UserError } from '../../../common/errors.ts';
import { reasonOf } from '../../../common/files.node.ts';
import { readRegularFile } from '../../../common/regular-file.node.ts';
import type { Dataset, Source } from '../dataset.ts';
import { readHead } from '../source.node.ts';
import { datasetOfBin } from './bin-dataset.ts';
import { readVerificationBin } from './read-bin.ts';

/** Five times the largest published set. */
const mostBinBytes = 2 ** 29;

/** The opcode PROTO, with which every pickle since protocol 2 begins. */
const protocolOpcode = 0x80;

/** Whether a file is a pickle of protocol 2 to 5 by its first bytes, and called `.bin` or `.pkl`. */
export async function isVerificationBin(path: string): Promise<boolean> {
  if (!/^\.(bin|pkl|pickle)$/i.test(extname(path))) return false;
  const head = await readHead({ kind: 'file', path }, 2).catch(() => undefined);
  return head?.[0] === protocolOpcode && head[1]! >= 2 && head[1]! <= 5;
}

/** Opens a verification set of insightface; its images stay in the file. @throws UserError in one sentence */
export async function openVerificationBin(file: string): Promise<Dataset> {
  const path = resolve(file);
  const name = basename(path);
  const bytes = await readRegularFile(path, mostBinBytes).catch((error) => {
    throw new UserError(`cannot read ${name}: ${reasonOf(error)}`);
  });
  const bin = readVerificationBin(bytes, name);
  return datasetOfBin(name, bin, (image): Source => {
    const view = bin.images[image]!;
    return view.buffer === bytes.buffer
      ? { kind: 'range', path, offset: view.byteOffset - bytes.byteOffset, length: view.length }
      : { kind: 'bytes', bytes: view };
  });
}
