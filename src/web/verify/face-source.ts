/** Where faces come from: files, the generator, or the page Train live. Each can be had at the size of any net. */

import type { Pixels } from '../../normface/data/images/resample.ts';
import { renderFace } from '../../normface/faces/render.ts';
import { decodePicture, type Picture, pictureOf, rgba, type Size } from './pictures.ts';

export interface FaceSource {
  readonly name: string;
  /** Whether it was made here: such faces give way to the next ones, those that somebody brought stay. */
  readonly isSample: boolean;
  /** @throws UserError when it cannot be decoded */
  load(size: Size): Promise<Picture>;
}

/** A crop that is aligned already. */
export function faceOfFile(name: string, file: Blob): FaceSource {
  return { name, isSample: false, load: (size) => decodePicture(name, file, size) };
}

/** Picture number `sample` of a person of the generator's world `seed`, all counted from 0. */
export function drawnFace(seed: number, identity: number, sample: number): FaceSource {
  return {
    name: `person ${identity + 1} (${sample + 1})`,
    isSample: true,
    load: async (size) => pictureOf(rgba(renderFace(seed, identity, sample, size)), size),
  };
}

/** A picture that is there already. */
export function givenFace(name: string, pixels: Pixels): FaceSource {
  return { name, isSample: true, load: async (size) => pictureOf(pixels, size) };
}
