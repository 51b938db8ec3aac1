/** Faces and features as pictures. */

import { themeColour } from '../parts/colours.ts';
import { button, element } from '../parts/element.ts';
import { fileName } from '../parts/file-name.ts';
import { oddity } from './likeness.ts';
import type { Picture } from './pictures.ts';

/** The pixels that the net gets. @param label without one the picture only decorates */
export function faceCanvas({ width, height, pixels }: Picture, label?: string): HTMLCanvasElement {
  const canvas = element('canvas', {
    class: 'face',
    width,
    height,
    ...(label ? { role: 'img', 'aria-label': label } : { 'aria-hidden': 'true' }),
  });
  const data = new ImageData(width, height);
  data.data.set(pixels);
  canvas.getContext('2d')?.putImageData(data, 0, 0);
  return canvas;
}

/** What was done to an image before the net got it. */
export function describePicture({ width, height, original, aligned }: Picture): string {
  if (aligned) return `aligned from ${original.width} × ${original.height} pixels`;
  if (original.width === width && original.height === height) return `${width} × ${height}, as it is`;
  const isCut =
    Math.abs(original.width * height - original.height * width) > original.width + original.height;
  return `scaled from ${original.width} × ${original.height}${isCut ? ', cropped' : ''}`;
}

/** A feature as a strip: one bar a number, blue above zero and orange below, strongest where its magnitude is largest. */
export function featureStrip(feature: Float32Array, label: string): HTMLCanvasElement {
  const canvas = element('canvas', {
    class: 'feature-strip',
    width: feature.length,
    height: 1,
    role: 'img',
    'aria-label': label,
  });
  drawStrip(canvas, feature);
  return canvas;
}

/** Draws a strip in the colours of the theme that holds. */
export function drawStrip(canvas: HTMLCanvasElement, feature: Float32Array): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const largest = feature.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
  const [positive, negative] = [themeColour('--heat'), themeColour('--heat-negative')];
  context.clearRect(0, 0, feature.length, 1);
  feature.forEach((value, i) => {
    context.globalAlpha = Math.abs(value) / largest;
    context.fillStyle = value < 0 ? negative : positive;
    context.fillRect(i, 0, 1, 1);
  });
}

/** A face that can be shown and removed. */
interface ListedFace {
  readonly source: { readonly name: string; readonly isSample: boolean };
  readonly picture: Picture;
}

/** All faces with their numbers, and buttons that remove them. */
export function faceList<F extends ListedFace>(
  faces: readonly F[],
  onRemove: (face: F) => void,
): HTMLElement {
  return element(
    'ol',
    { class: 'faces', 'aria-label': 'Faces on this page' },
    ...faces.map((face, i) => {
      const { source, picture } = face;
      const odd = oddity({ picture, isSample: source.isSample });
      return element(
        'li',
        { class: 'face-card' },
        faceCanvas(picture, `face ${i + 1}`),
        element(
          'div',
          { class: 'face-text' },
          fileName(source.name, `${i + 1}. `),
          element('span', { class: `small ${odd ? 'odd' : 'soft'}` }, describePicture(picture)),
        ),
        button('×', () => onRemove(face), { class: 'button plain', 'aria-label': `Remove ${source.name}` }),
      );
    }),
  );
}
