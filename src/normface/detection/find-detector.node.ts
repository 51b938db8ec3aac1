/** Detectors from the files that people have: weights are other people's and do not come with this program. */

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cacheFolder } from '../../common/cache-folder.node.ts';
import { UserError } from '../../common/errors.ts';
import type { Device } from '../../engine/core/tensor.ts';
import { openModel } from '../models/formats/open.node.ts';
import type { Detector } from './detector.ts';
import { parseDetectorName } from './detector-name.ts';
import { FaceApiDetector, type FaceApiOptions } from './face-api.ts';
import { Mtcnn, type MtcnnOptions } from './mtcnn.ts';
import { mtcnnNets } from './mtcnn-weights.ts';
import type { NamedModel } from './named-model.ts';

/** Options of each of the detectors. */
export interface DetectorOptions {
  readonly mtcnn?: MtcnnOptions;
  readonly faceApi?: FaceApiOptions;
}

/** Where the files of a detector are. */
export type FoundDetector =
  | { readonly kind: 'mtcnn'; readonly files: readonly string[] }
  | { readonly kind: 'face-api'; readonly folder: string };

/**
 * Looks for the files of a detector.
 *
 * @param name `mtcnn` or `face-api`, or with a folder, `mtcnn:models/mtcnn`. Default: MTCNN where its files are found, else face-api.
 *   MTCNN's files are looked for in the folder that the environment variable NORMFACE_MTCNN names, then in `mtcnn` in the cache folder;
 *   face-api's in the package `@vladmandic/face-api` as the working folder would import it, then as this program would.
 * @throws UsageError for a name that there is not; UserError with the way to get a detector where nothing is found
 */
export function findDetector(name?: string): FoundDetector {
  const { kind, folder } = name === undefined ? {} : parseDetectorName(name);
  if (kind === 'mtcnn' || kind === undefined) {
    const files = mtcnnFiles(folder);
    if (files) return { kind: 'mtcnn', files };
    if (kind)
      throw new UserError(
        `MTCNN's files are not in ${folder ?? mtcnnFolders().join(' or ')}: it needs ${mtcnnNames.map((names) => names.join(', ')).join(', or ')}`,
      );
  }
  const models = faceApiFolder(folder);
  if (models) return { kind: 'face-api', folder: models };
  throw new UserError(kind ? noFaceApi(folder) : nothingFound);
}

/**
 * Opens a detector.
 *
 * @param which its name as for {@link findDetector}, or what that found
 * @throws UserError as {@link findDetector}, or with the name of a file that is not what it should be
 */
export async function openDetector(
  device: Device,
  which?: string | FoundDetector,
  options: DetectorOptions = {},
): Promise<Detector> {
  const found = typeof which === 'object' ? which : findDetector(which);
  return found.kind === 'mtcnn'
    ? openMtcnn(device, found.files, options.mtcnn)
    : openFaceApi(device, found.folder, options.faceApi);
}

/** Of P-Net, R-Net and O-Net, as they are published. */
const mtcnnNames = [
  ['det1.caffemodel', 'det2.caffemodel', 'det3.caffemodel'],
  ['pnet.pt', 'rnet.pt', 'onet.pt'],
] as const;

const packageName = '@vladmandic/face-api';

const nothingFound =
  `no detector of faces is installed: \`npm install --ignore-scripts ${packageName}\` beside your photographs gets one (24 MB, MIT licence), ` +
  'or put det1, det2 and det3.caffemodel of MTCNN into a folder and name it by --detector mtcnn:FOLDER';

const noFaceApi = (folder: string | undefined): string =>
  folder
    ? `face-api's models are not in ${folder}: it needs tiny_face_detector_model-weights_manifest.json and face_landmark_68_model-weights_manifest.json, as in the folder model of ${packageName}`
    : `${packageName} is not installed: \`npm install --ignore-scripts ${packageName}\` gets it, or name the folder of its models by --detector face-api:FOLDER`;

const mtcnnFolders = (): string[] => [
  ...(process.env.NORMFACE_MTCNN ? [process.env.NORMFACE_MTCNN] : []),
  join(cacheFolder(), 'mtcnn'),
];

/** Paths of the three files in the first folder that has them all. */
function mtcnnFiles(folder: string | undefined): string[] | undefined {
  for (const place of folder === undefined ? mtcnnFolders() : [folder]) {
    for (const names of mtcnnNames) {
      const files = names.map((name) => join(place, name));
      if (files.every((file) => existsSync(file))) return files;
    }
  }
  return undefined;
}

async function openMtcnn(device: Device, files: readonly string[], options?: MtcnnOptions): Promise<Mtcnn> {
  const [proposal, refinement, output] = (await Promise.all(files.map(named))) as [
    NamedModel,
    NamedModel,
    NamedModel,
  ];
  return new Mtcnn(device, mtcnnNets({ proposal, refinement, output }), options);
}

const named = async (path: string): Promise<NamedModel> => ({ model: await openModel(path), source: path });

const manifestIn = (folder: string, model: string): string => join(folder, `${model}-weights_manifest.json`);

/** A folder with the models of face-api: the one given, or that of the package where it is installed. */
function faceApiFolder(folder: string | undefined): string | undefined {
  const places = folder === undefined ? installedModels() : [folder, join(folder, 'model')];
  return places.find((place) => existsSync(manifestIn(place, 'tiny_face_detector_model')));
}

/** As Node finds packages, but without running any: those of the working folder, then those of this program. */
function installedModels(): string[] {
  const from = [pathToFileURL(resolve('normface.js')).href, import.meta.url];
  return from.flatMap((place) => {
    try {
      const entry = createRequire(place).resolve(packageName);
      return [join(dirname(entry), '..', 'model')];
    } catch {
      return [];
    }
  });
}

async function openFaceApi(
  device: Device,
  folder: string,
  options?: FaceApiOptions,
): Promise<FaceApiDetector> {
  const models = ['face_landmark_68_model', 'face_landmark_68_tiny_model'].map((model) =>
    manifestIn(folder, model),
  );
  const points = models.find((file) => existsSync(file));
  if (!points)
    throw new UserError(
      `${folder} has face-api's detector but no net for points: face_landmark_68_model-weights_manifest.json is missing`,
    );
  return new FaceApiDetector(
    device,
    { detector: await named(manifestIn(folder, 'tiny_face_detector_model')), points: await named(points) },
    options,
  );
}
