/** Images as a net would see them had they been cut out, scaled or placed otherwise: for the question whether that would be better. */

import sharp from 'sharp';
import type { Source } from '../dataset.ts';
import { decodeSource, decodeWithin } from './decode.node.ts';
import type { Image, ImageSize } from './image.ts';
import type { View } from './view.ts';

/** Larger images are scaled down to so many frames first, so that no photograph is in memory as a whole. */
const largest = 4;

/**
 * One image as a view shows it, 8-bit RGB of the size of the frame. Where the view lies beyond the image, its border is repeated.
 * @throws Error with the reason in a few words when it cannot be decoded
 */
export async function viewOf(source: Source, frame: ImageSize, view: View = {}): Promise<Image> {
  const { cut = 'cover', zoom = [1, 1], shift = [0, 0] } = view;
  const isUsual = cut === 'cover' && [...zoom, ...shift].join() === '1,1,0,0';
  // What is drawn has the size that is asked for.
  if (isUsual || (source.kind === 'generated' && cut !== 'cover')) return decodeSource(source, frame);
  const image =
    source.kind === 'generated'
      ? await decodeSource(source, frame)
      : await decodeWithin(source, { width: largest * frame.width, height: largest * frame.height });
  const scale = { x: image.width / frame.width, y: image.height / frame.height };
  const covering = Math.min(scale.x, scale.y);
  const perPixel = {
    cover: { x: covering, y: covering },
    stretch: scale,
    middle: { x: 1, y: 1 },
  }[cut];
  const width = Math.max(1, Math.round((frame.width * perPixel.x) / zoom[0]));
  const height = Math.max(1, Math.round((frame.height * perPixel.y) / zoom[1]));
  const left = Math.round((image.width - width) / 2 - (shift[0] * width) / frame.width);
  const top = Math.round((image.height - height) / 2 - (shift[1] * height) / frame.height);
  const region = regionOf(image, { left, top, width, height });
  if (width === frame.width && height === frame.height) return region;
  const { data } = await sharp(region.pixels, { raw: { width, height, channels: 3 } })
    .resize(frame.width, frame.height, { fit: 'fill', kernel: 'cubic' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { ...frame, pixels: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}

/** A rectangle of an image, which may lie partly or wholly beyond it. */
function regionOf(
  { width, height, pixels }: Image,
  region: ImageSize & { readonly left: number; readonly top: number },
): Image {
  const within = (value: number, size: number) => Math.min(size - 1, Math.max(0, value));
  const cut = new Uint8Array(region.width * region.height * 3);
  for (let y = 0, to = 0; y < region.height; y++) {
    const row = within(region.top + y, height) * width;
    for (let x = 0; x < region.width; x++, to += 3) {
      const from = 3 * (row + within(region.left + x, width));
      cut[to] = pixels[from]!;
      cut[to + 1] = pixels[from + 1]!;
      cut[to + 2] = pixels[from + 2]!;
    }
  }
  return { width: region.width, height: region.height, pixels: cut };
}
