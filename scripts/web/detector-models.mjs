/** The detector of faces that the page Verify gets where the package that has its weights is installed: other people's, no dependency. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const PACKAGE = '@vladmandic/face-api';

/** By the names under which the page asks for them; of several models the first that is there. */
const MODELS = {
  detector: ['tiny_face_detector_model'],
  points: ['face_landmark_68_model', 'face_landmark_68_tiny_model'],
};

/**
 * The folder with the models of face-api, where its package is installed. None of its code is run.
 *
 * @param {string} root where Node begins to look for packages
 * @returns {string | undefined}
 */
export function installedModels(root) {
  try {
    const folder = join(dirname(createRequire(join(root, 'package.json')).resolve(PACKAGE)), '..', 'model');
    return Object.values(MODELS).every((names) => manifestOf(folder, names)) ? folder : undefined;
  } catch {
    return undefined; // it is not installed
  }
}

/** @param {string} folder @param {readonly string[]} models */
const manifestOf = (folder, models) =>
  models.map((model) => `${model}-weights_manifest.json`).find((name) => existsSync(join(folder, name)));

/**
 * The module `detector-models`: its `load` gives the manifests and shards of face-api's nets from a chunk of their own, since the page may
 * load scripts but open no connection. Without a folder `load` is undefined.
 *
 * @param {string | undefined} folder
 * @returns {import('esbuild').Plugin}
 */
export function detectorModels(folder) {
  const namespace = 'detector-models';
  return {
    name: namespace,
    setup(build) {
      build.onResolve({ filter: /^detector-models(\/weights)?$/ }, ({ path }) => ({ path, namespace }));
      build.onLoad({ filter: /^detector-models$/, namespace }, () => ({
        contents: `export const load = ${folder ? "() => import('detector-models/weights')" : 'undefined'};`,
      }));
      build.onLoad({ filter: /weights$/, namespace }, () => ({
        contents: weightsModule(/** @type {string} */ (folder)),
        resolveDir: folder,
      }));
    },
  };
}

/** Code that imports the files of a folder; the licence that asks to go with copies stays in it. @param {string} folder */
function weightsModule(folder) {
  const licence = join(folder, '..', 'LICENSE');
  const lines = existsSync(licence)
    ? [`/*!\n${readFileSync(licence, 'utf8').replaceAll('*/', '* /').trim()}\n*/`]
    : [];
  for (const [name, models] of Object.entries(MODELS)) {
    const manifest = manifestOf(folder, models);
    if (!manifest) throw new Error(`${folder} has no model ${models[0]} of face-api`);
    /** @type {{ paths: string[] }[]} */
    const groups = JSON.parse(readFileSync(join(folder, manifest), 'utf8'));
    const paths = groups.flatMap(({ paths }) => paths);
    lines.push(`import ${name}Manifest from ${JSON.stringify(`./${manifest}`)};`);
    paths.forEach((path, i) => {
      lines.push(`import ${name}Shard${i} from ${JSON.stringify(`./${path}`)} with { type: 'bytes' };`);
    });
    const shards = paths.map((path, i) => `${JSON.stringify(path)}: ${name}Shard${i}`).join(', ');
    lines.push(
      `export const ${name} = { source: ${JSON.stringify(manifest)}, manifest: ${name}Manifest, shards: { ${shards} } };`,
    );
  }
  return lines.join('\n');
}
