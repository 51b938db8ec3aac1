/** Faces and features as pictures. */

import { themeColour } from '../parts/colours.ts';
import { button, element } from '../parts/element.ts';
import type { Picture } from './pictures.ts';

/** The pixels that the net gets. */
export function faceCanvas({ width, height, pixels }: Picture, label: string): HTMLCanvasElement {
  const canvas = element('canvas', { class: 'face', width, height, role: 'img', 'aria-label': label });
  const data = new ImageData(width, height);
  data.data.set(pixels);
  canvas.getContext('2d')?.putImageData(data, 0, 0);
  return canvas;
}

/** What was done to an image before the net got it. */
export function describePicture({ width, height, original }: Picture): string {
  return original.width === width && original.height === height
    ? `${width} × ${height}, as it is`
    : `scaled from ${original.width} × ${original.height}`;
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
  readonly name: string;
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
    ...faces.map((face, i) =>
      element(
        'li',
        { class: 'face-card' },
        faceCanvas(face.picture, `face ${i + 1}`),
        element(
          'div',
          { class: 'face-text' },
          element('span', { class: 'face-name', title: face.name }, `${i + 1}. ${face.name}`),
          element('span', { class: 'soft small' }, describePicture(face.picture)),
        ),
        button('×', () => onRemove(face), { class: 'button plain', 'aria-label': `Remove ${face.name}` }),
      ),
    ),
  );
}
