/** Detectors of faces in the page: face-api's, where the build found it, or from files that a person brings. */

import { load } from 'detector-models';
import { UserError } from '../../common/errors.ts';
import { parseJson } from '../../common/json.ts';
import type { Device } from '../../engine/core/tensor.ts';
import type { Detector } from '../../normface/detection/detector.ts';
import { FaceApiDetector } from '../../normface/detection/face-api.ts';
import { Mtcnn } from '../../normface/detection/mtcnn.ts';
import { mtcnnNets } from '../../normface/detection/mtcnn-weights.ts';
import type { NamedModel } from '../../normface/detection/named-model.ts';
import { readCaffe } from '../../normface/models/formats/caffe.ts';
import { readFaceApi } from '../../normface/models/formats/face-api.ts';
import { readPyTorch } from '../../normface/models/formats/pytorch.ts';
import type { ChosenFile } from '../parts/drop-zone.ts';
import type { DetectorFiles } from './detector-files.ts';

/** The largest file of a detector has 1.6 MB. */
const mostBytes = 2 ** 26;

/** The detector that came with the page. @throws Error where the build had none: ask `hasBuiltInDetector` */
export async function openBuiltInDetector(device: Device): Promise<Detector> {
  if (!load) throw new Error('this build has no detector');
  const [detector, points] = await load().then((models) =>
    Promise.all(
      [models.detector, models.points].map(async ({ source, manifest, shards }): Promise<NamedModel> => {
        const shard = async (path: string) => shards[path] ?? missing(source, path);
        return { model: await readFaceApi(manifest, shard, source), source };
      }),
    ),
  );
  return new FaceApiDetector(device, { detector: detector!, points: points! });
}

/** @throws UserError with the file that is damaged or is not what its name says */
export async function openGivenDetector(device: Device, given: DetectorFiles<ChosenFile>): Promise<Detector> {
  if (given.kind === 'face-api') {
    const [detector, points] = [given.detector, given.points].map((file) => faceApiModel(file, given.files));
    return new FaceApiDetector(device, { detector: await detector!, points: await points! });
  }
  const [proposal, refinement, output] = await Promise.all(given.files.map(mtcnnModel));
  return new Mtcnn(device, mtcnnNets({ proposal: proposal!, refinement: refinement!, output: output! }));
}

async function mtcnnModel(chosen: ChosenFile): Promise<NamedModel> {
  const bytes = await bytesOf(chosen);
  const source = chosen.path;
  return { model: source.endsWith('.pt') ? readPyTorch(bytes, source) : readCaffe(bytes, source), source };
}

async function faceApiModel(
  manifest: ChosenFile,
  files: ReadonlyMap<string, ChosenFile>,
): Promise<NamedModel> {
  const source = manifest.path;
  let json: unknown;
  try {
    json = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(await bytesOf(manifest)));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${source} is damaged: it is not JSON`);
  }
  const shard = async (path: string) => bytesOf(files.get(path) ?? missing(source, path));
  return { model: await readFaceApi(json, shard, source), source };
}

function missing(source: string, path: string): never {
  throw new UserError(`${source} wants the file ${path}, which is missing`);
}

async function bytesOf({ path, file }: ChosenFile): Promise<Uint8Array> {
  if (file.size > mostBytes)
    throw new UserError(`${path} has ${file.size} bytes; files of detectors have at most ${mostBytes}`);
  return new Uint8Array(await file.arrayBuffer());
}
