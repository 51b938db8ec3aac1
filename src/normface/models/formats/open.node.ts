/** Model files on disk. */

import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../../../common/errors.ts';
import { parseJson } from '../../../common/json.ts';
import { readRegularFileSync } from '../../../common/regular-file.node.ts';
import type { ModelFile } from '../model-file.ts';
import { readCaffe } from './caffe.ts';
import { isManifest, readFaceApi } from './face-api.ts';
import { readOnnx } from './onnx.ts';
import { readPyTorch } from './pytorch.ts';
import { formatOf } from './recognise.ts';
import { safetensorsModel } from './safetensors.ts';

/** What Node reads at once. */
const largest = 2 ** 31 - 1;

/**
 * Reads a model file of any format, which its content tells; of a folder the one manifest of face-api in it.
 *
 * @throws UserError with the file and the reason
 */
export async function openModel(named: string): Promise<ModelFile> {
  const file = fs.statSync(named, { throwIfNoEntry: false })?.isDirectory() ? manifestIn(named) : named;
  const bytes = readFile(file);
  switch (formatOf(bytes, file)) {
    case 'caffe':
      return readCaffe(bytes, file);
    case 'pytorch':
      return readPyTorch(bytes, file);
    case 'safetensors':
      return safetensorsModel(bytes, file);
    case 'onnx':
      return readOnnx(bytes, file);
    case 'json':
      return readManifest(bytes, file);
  }
}

function readManifest(bytes: Uint8Array, file: string): Promise<ModelFile> {
  let json: unknown;
  try {
    json = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new UserError(`${file} is damaged: it is not JSON`);
  }
  if (!isManifest(json))
    throw new UserError(
      `${file} is JSON, but no manifest of face-api's weights; of TensorFlow.js's models export an ONNX file (tf2onnx)`,
    );
  const shard = async (name: string) => readFile(path.join(path.dirname(file), name));
  return readFaceApi(json, shard, file);
}

function manifestIn(folder: string): string {
  const found = fs.readdirSync(folder).filter((name) => name.endsWith('-weights_manifest.json'));
  if (found.length === 1) return path.join(folder, found[0]!);
  throw new UserError(
    found.length === 0
      ? `${folder} is a folder without a manifest (*-weights_manifest.json); name the model's file`
      : `${folder} has several manifests; name one of ${found.join(', ')}`,
  );
}

function readFile(file: string): Uint8Array {
  try {
    return readRegularFileSync(file, largest);
  } catch (error) {
    throw new UserError(`cannot read ${file}: ${(error as Error).message}`);
  }
}
