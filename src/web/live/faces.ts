/** Generated faces, drawn a few at a time so that anyone who waits for them stays responsive. */

import { DIFFICULTY, type Difficulty } from '../../normface/faces/difficulty.ts';
import { renderFace } from '../../normface/faces/render.ts';
import type { Pictures } from './pictures.ts';

export interface FacesOptions {
  readonly people: number;
  /** Pictures of each person. */
  readonly each: number;
  readonly width: number;
  readonly height: number;
  /** Which world of people. */
  readonly seed?: number;
  /** How much pictures of a person differ, as a share of what the data set of generated faces has; default half of it. */
  readonly variety?: number;
  /** Called between slices; what it returns is waited for. */
  readonly breathe?: (done: number, total: number) => Promise<void>;
  /** Length of a slice in milliseconds. */
  readonly slice?: number;
  readonly signal?: AbortSignal;
}

/** The usual variety takes thousands of steps to see through; half of it shows something in a hundred. */
const usualVariety = 0.5;

/** @throws the signal's reason when it is aborted */
export async function drawFaces(options: FacesOptions): Promise<Pictures> {
  const { people, each, width, height, seed = 1, variety = usualVariety } = options;
  const { breathe = async () => {}, slice = 12, signal } = options;
  const difficulty = difficultyOf(variety);
  const total = people * each;
  const bytes = 3 * width * height;
  const pixels = new Uint8Array(total * bytes);
  let begun = performance.now();
  for (let index = 0; index < total; index++) {
    const person = Math.floor(index / each);
    pixels.set(renderFace(seed, person, index % each, { width, height }, difficulty).pixels, index * bytes);
    if (performance.now() - begun < slice) continue;
    await breathe(index + 1, total);
    signal?.throwIfAborted();
    begun = performance.now();
  }
  return {
    title: `${people} generated people, ${each} pictures each`,
    classes: Array.from({ length: people }, (_, k) => `person ${k + 1}`),
    width,
    height,
    channels: 3,
    pixels,
    labels: Uint8Array.from({ length: total }, (_, index) => Math.floor(index / each)),
    mirrored: true,
  };
}

/** Every nuisance at a share of its strength. */
export function difficultyOf(variety: number): Difficulty {
  const entries = Object.entries(DIFFICULTY).map(([name, strength]) => [name, variety * strength]);
  return Object.fromEntries(entries) as unknown as Difficulty;
}
