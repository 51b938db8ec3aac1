/** A photograph as it is shown: smaller, with places on it. */

import type { Pixels } from '../../normface/data/images/resample.ts';
import type { Box, Point } from '../../normface/detection/detector.ts';
import type { Size } from './pictures.ts';

/** Pixels of the longer side: sharp on screens with two pixels for one. */
const longest = 1280;

/** A smaller copy that hangs in no document and has no name. */
export function previewOf({ width, height, data }: Pixels): HTMLCanvasElement {
  const whole = new OffscreenCanvas(width, height);
  const pixels = new ImageData(width, height);
  pixels.data.set(data);
  whole.getContext('2d')?.putImageData(pixels, 0, 0);
  const scale = Math.min(1, longest / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(scale * width));
  canvas.height = Math.max(1, Math.round(scale * height));
  const context = canvas.getContext('2d');
  if (context) {
    context.imageSmoothingQuality = 'high';
    context.drawImage(whole, 0, 0, canvas.width, canvas.height);
  }
  return canvas;
}

/** A rectangle in hundredths of what it lies in. */
export interface Place {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Where a box lies in a photograph. Edges of pixels are half a pixel from their centres, which have whole numbers; what is outside is cut off. */
export function placeOfBox(box: Box, { width, height }: Size): Place {
  const within = (value: number, extent: number) =>
    (100 * Math.min(extent, Math.max(0, value + 0.5))) / extent;
  const [left, top] = [within(box.x, width), within(box.y, height)];
  return {
    left,
    top,
    width: within(box.x + box.width, width) - left,
    height: within(box.y + box.height, height) - top,
  };
}

/** Where a point lies in a photograph, in hundredths of its extents. */
export function placeOfPoint({ x, y }: Point, { width, height }: Size): Pick<Place, 'left' | 'top'> {
  return { left: (100 * (x + 0.5)) / width, top: (100 * (y + 0.5)) / height };
}
