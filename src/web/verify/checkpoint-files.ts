/** Which of the files that a person drops are a checkpoint. */

import { UserError } from '../../common/errors.ts';
import { parseClassFileName } from '../../normface/training/checkpoint/class-part.ts';
import { trainedName, weightsName } from '../../normface/training/checkpoint/weights-names.ts';

/** A file by its path inside what was dropped. */
interface NamedFile {
  readonly path: string;
}

export interface PickedFiles<F extends NamedFile> {
  readonly weights?: F;
  readonly threshold?: F;
  readonly calibration?: F;
  /** What may be images: everything else, but of dropped folders nothing when a checkpoint came with them. */
  readonly others: readonly F[];
}

/**
 * Picks the newest finished checkpoint of a run folder, a checkpoint's folder, or single files. Threshold and calibration are those
 * beside the weights.
 * @throws UserError when there are several weights files and nothing says which is meant
 */
export function pickFiles<F extends NamedFile>(files: readonly F[]): PickedFiles<F> {
  const weights = pickWeights(files);
  const beside = (name: string) =>
    files.find(
      ({ path }) => nameOf(path) === name && (!weights || folderOf(path) === folderOf(weights.path)),
    );
  const [threshold, calibration] = [beside('threshold.json'), beside('calibration.json')];
  const isCheckpoint = weights !== undefined || threshold !== undefined || calibration !== undefined;
  const others = files.filter(
    ({ path }) =>
      !nameOf(path).startsWith('.') &&
      !(isCheckpoint && (path.includes('/') || /\.(safetensors|json)$|^DONE$/.test(path))),
  );
  return { weights, threshold, calibration, others };
}

/** Endings of images that are decoded; browsers give their files a type. */
const imageEnding = /\.(avif|bmp|gif|hei[cf]|jpe?g|p[gp]m|png|tiff?|webp)$/i;

/** Files that nobody would take for images. */
export function strangersAmong<F extends NamedFile & { readonly file: { readonly type: string } }>(
  files: readonly F[],
): F[] {
  return files.filter(({ path, file }) => !file.type.startsWith('image/') && !imageEnding.test(path));
}

function pickWeights<F extends NamedFile>(files: readonly F[]): F | undefined {
  const stored = files.filter(({ path }) => path.endsWith('.safetensors'));
  const averages = new Set(
    stored.filter(({ path }) => nameOf(path) === weightsName).map(({ path }) => folderOf(path)),
  );
  // Rows of classes, which a net of several ranks has beside it, are not needed to embed, and an average is meant rather than what it is of.
  const net = stored.filter(
    ({ path }) =>
      nameOf(path) !== 'optimiser.safetensors' &&
      !(nameOf(path) === trainedName && averages.has(folderOf(path))) &&
      !parseClassFileName(nameOf(path)),
  );
  if (net.length <= 1) return net[0] ?? stored[0];
  // Only folders with the file DONE were written to their end.
  const finished = new Set(
    files.filter(({ path }) => nameOf(path) === 'DONE').map(({ path }) => folderOf(path)),
  );
  const steps = net
    .filter(({ path }) => finished.has(folderOf(path)) && stepOf(path) >= 0)
    .sort((a, b) => stepOf(b.path) - stepOf(a.path));
  if (steps.length === 0 || (steps.length > 1 && stepOf(steps[0]!.path) === stepOf(steps[1]!.path)))
    throw new UserError(`these are ${net.length} weights files; choose one of them, or one run's folder`);
  return steps[0];
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

/** The step of a file in `…/step-00000120/`, or -1. */
function stepOf(path: string): number {
  return Number(/(?:^|\/)step-(\d+)\/[^/]+$/.exec(path)?.[1] ?? -1);
}
