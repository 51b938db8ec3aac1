/** The pictures of the page; they outlast it, so that anyone who comes back need not wait or drop files again. */

import { drawFaces } from '../live/faces.ts';
import { IdxCollector } from '../live/idx-pictures.ts';
import type { Pictures } from '../live/pictures.ts';
import type { ChosenFile } from '../parts/drop-zone.ts';

/** Of each person: enough to tell trained on from held out, few enough to be drawn in seconds. */
const picturesOfAPerson = 60;
/** Height and width in pixels; those of MNIST, so that the same nets take both. */
const size = 28;

const faces = new Map<number, Pictures>();
let collector = new IdxCollector();
let digits: Pictures | null = null;

/** Generated people; they are drawn once. @throws the signal's reason when it is aborted */
export async function facesOf(
  people: number,
  onProgress: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<Pictures> {
  const known = faces.get(people);
  if (known) return known;
  const breathe = async (done: number, total: number) => {
    onProgress(done, total);
    await new Promise((resolve) => setTimeout(resolve));
  };
  const drawn = await drawFaces({
    people,
    each: picturesOfAPerson,
    width: size,
    height: size,
    breathe,
    signal,
  });
  faces.set(people, drawn);
  return drawn;
}

/** The pictures of the idx files dropped so far, if they are complete. */
export function idxPictures(): Pictures | null {
  return digits;
}

/**
 * Takes in idx files.
 * @returns the pictures, or what is still missing in one sentence
 * @throws UserError naming what is wrong with them; what was dropped before is forgotten then
 */
export async function takeFiles(files: readonly ChosenFile[]): Promise<Pictures | string> {
  try {
    const taken = await collector.add(files.map(({ file }) => file));
    if (typeof taken !== 'string') digits = taken;
    return taken;
  } catch (error) {
    collector = new IdxCollector();
    throw error;
  }
}
