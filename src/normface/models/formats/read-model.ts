/** Model files in memory. */

import { parseJson } from '../../../common/json.ts';
import type { ModelFile } from '../model-file.ts';
import { readCaffe } from './caffe.ts';
import { isManifest, readFaceApi } from './face-api.ts';
import { readOnnx } from './onnx.ts';
import { readPyTorch } from './pytorch.ts';
import { formatOf } from './recognise.ts';
import { refusal } from './refusal.ts';
import { safetensorsModel } from './safetensors.ts';

/**
 * Reads a net or its weights that another program stored: Caffe, ONNX, PyTorch, safetensors, or face-api's manifests. The content tells
 * the format. Nothing of it is executed, and lengths in it are compared with the bytes that are there. {@link importModel} makes a net of it.
 *
 * @param source what sentences call the file
 * @param shard gives the bytes of a file beside a manifest, by its name; only manifests need it
 * @throws UserError in one sentence: another format, cut short, damaged, or asking for code
 */
export async function readModel(
  bytes: Uint8Array,
  source: string,
  shard?: (name: string) => Promise<Uint8Array>,
): Promise<ModelFile> {
  switch (formatOf(bytes, source)) {
    case 'caffe':
      return readCaffe(bytes, source);
    case 'pytorch':
      return readPyTorch(bytes, source);
    case 'safetensors':
      return safetensorsModel(bytes, source);
    case 'onnx':
      return readOnnx(bytes, source);
    case 'json':
      return readFaceApi(manifestOf(bytes, source), shard ?? missing(source), source);
  }
}

function manifestOf(bytes: Uint8Array, source: string): unknown {
  let json: unknown;
  try {
    json = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw refusal(`${source} is damaged: it is not JSON`);
  }
  if (!isManifest(json))
    throw refusal(
      `${source} is JSON, but no manifest of face-api's weights; of TensorFlow.js's models export an ONNX file (tf2onnx)`,
    );
  return json;
}

const missing = (source: string) => (name: string) => {
  throw refusal(`${source} keeps its numbers in another file ("${name}"), which is not given`);
};
