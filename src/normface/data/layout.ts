import { UserError } from '../../common/errors.ts';
import type { Tree } from './archives/walk.ts';
import { createDataset, type Dataset } from './dataset.ts';

/**
 * Data set of a tree of images `identity/image.jpg`, all of it possibly inside leading folders such as `lfw-112x96/`. With several
 * `folders` the innermost so many name a class: `person/video/frame.jpg` gives classes `person/video`.
 * @throws UserError when the tree has another shape, naming an image that is placed otherwise than most
 */
export function datasetOfTree(
  { name, files, remarks }: Tree,
  folders: readonly string[] = ['identity'],
): Dataset {
  const depth = folders.length;
  const placed = files.map(({ path, source }) => {
    const parts = path.split('/');
    const identity = parts.slice(-1 - depth, -1).join('/');
    const key = `${identity}/${parts[parts.length - 1]}`;
    return {
      path,
      root: parts.length > depth ? parts.slice(0, -1 - depth).join('/') : undefined,
      identity,
      key,
      source,
    };
  });
  const root = mostCommon(placed.map((image) => image.root));
  const odd = placed.filter((image) => image.root === undefined || image.root !== root);
  if (odd.length > 0) {
    const shape = [...(root ? [root] : []), ...folders, 'image'].join('/');
    const found =
      odd.length === 1
        ? `an image outside the ${folders.join('/')} folders: ${odd[0]!.path}`
        : `${odd.length} of ${placed.length} images outside the ${folders.join('/')} folders, such as ${odd[0]!.path}`;
    throw new UserError(`${name} has ${found} (expected ${shape} for every image)`);
  }
  return createDataset(name, placed, remarks);
}

/** The most frequent value that is defined; of several the first. */
function mostCommon(values: readonly (string | undefined)[]): string | undefined {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce<[string?, number?]>(
    (best, next) => (next[1] > (best[1] ?? 0) ? next : best),
    [],
  )[0];
}
