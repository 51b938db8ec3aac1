/** The net that a weights file belongs to, with its values. */

import { UserError } from '../../common/errors.ts';
import { type BuiltNet, buildNet } from '../nets/build.ts';
import type { Net } from '../nets/net.ts';
import { netOfMetadata } from '../nets/stored-net.ts';
import { matchParameters } from '../training/checkpoint/compatible.ts';
import type { SafetensorsFile } from '../training/checkpoint/safetensors.ts';

/** Extent of an image in pixels, as in configurations. */
const mostExtent = 1024;

export interface OpenWeights {
  /** For crops of the images where training cropped. */
  readonly built: BuiltNet;
  /** Of the net's parameters, by name. */
  readonly values: Map<string, Float32Array>;
  /** Height and width of the images, of which the net gets the centre. */
  readonly imageSize: readonly [height: number, width: number];
}

/** What a net is given. */
export interface NetInput {
  readonly design: Net;
  /** Images are scaled to cover this … */
  readonly imageSize: readonly [height: number, width: number];
  /** … and the net sees the centre of it. */
  readonly cropSize: readonly [height: number, width: number];
}

/**
 * Which net a weights file is of, and for which images.
 * @param source what sentences call the file
 * @throws UserError when its metadata do not say, or are damaged
 */
export function inputOf(metadata: SafetensorsFile['metadata'], source: string): NetInput {
  const imageSize = sizeOf(metadata.imageSize);
  if (imageSize?.some((extent) => extent < 1 || extent > mostExtent))
    throw new UserError(
      `${source} is for images of ${metadata.imageSize}; height and width must be 1 to ${mostExtent}`,
    );
  const design = netOfMetadata(metadata, source);
  if (!design || !imageSize)
    throw new UserError(`${source} does not say which net it belongs to; is it from \`normface train\`?`);
  const cropSize = metadata.cropSize === undefined ? imageSize : sizeOf(metadata.cropSize);
  if (!cropSize?.every((extent, i) => extent >= 1 && extent <= imageSize[i]!))
    throw new UserError(
      `${source} is damaged: its crop ${JSON.stringify(metadata.cropSize)} is no height and width within ${metadata.imageSize}`,
    );
  return { design, imageSize, cropSize };
}

/**
 * The net of a weights file with its values.
 * @param source what sentences call the file
 * @param pixels what becomes of a byte of an image, in place of what the net says
 * @throws UserError when the file is not one of this program's or does not fit its net
 */
export function openWeights(
  { tensors, metadata }: SafetensorsFile,
  source: string,
  pixels?: Net['pixels'],
): OpenWeights {
  const { design, imageSize, cropSize } = inputOf(metadata, source);
  const built = buildNet(pixels ? { ...design, pixels } : design, [...cropSize, design.input[2]], 0);
  const values = matchParameters(tensors, built.declarations, { source, net: design.name });
  return { built, values, imageSize };
}

/** Height and width written as `112x96`. */
function sizeOf(text = ''): [height: number, width: number] | undefined {
  const size = /^(\d+)x(\d+)$/.exec(text);
  return size ? [Number(size[1]), Number(size[2])] : undefined;
}
