import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { installedModels } from '../web/detector-models.mjs';
import { digest } from './state.mjs';

/** What the build is made from: files, and folders with everything below them. */
export const BUILD_INPUTS = [
  'package.json',
  'package-lock.json',
  'scripts/build.mjs',
  'scripts/bundles.mjs',
  'scripts/web/bundle.mjs',
  'scripts/web/detector-models.mjs',
  'src',
  'tsconfig.json',
  'tsconfig.build.json',
];

/** The build writes the digest of its inputs here. */
export const BUILD_STAMP = '.sources';

/**
 * Digest of the contents of everything the build reads, and of whether the detector of faces is installed. Contents and not times, since git sets times as it likes.
 *
 * @param {string} root
 */
export function sourcesDigest(root) {
  const lines = BUILD_INPUTS.flatMap((input) => filesBelow(root, input)).map(
    (path) => `${path} ${digest(readFileSync(join(root, path), 'utf8'))}`,
  );
  return digest([...lines, `models ${installedModels(root) ?? 'none'}`].join('\n'));
}

/** @param {string} root */
export function buildIsFresh(root) {
  const stamp = join(root, 'dist', BUILD_STAMP);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === sourcesDigest(root);
}

/** @param {string} root @param {string} input @returns {string[]} paths from the root, in a fixed order */
function filesBelow(root, input) {
  if (statSync(join(root, input)).isFile()) return [input];
  return readdirSync(join(root, input), { recursive: true, encoding: 'utf8' })
    .map((path) => `${input}/${path.replaceAll('\\', '/')}`)
    .filter((path) => statSync(join(root, path)).isFile())
    .sort();
}
