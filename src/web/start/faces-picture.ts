import { renderFace } from '../../normface/faces/render.ts';
import { difficultyOf } from '../live/faces.ts';
import { element } from '../parts/element.ts';

const size = { width: 96, height: 112 };
const seed = 1;

/** Person and picture of each face, and what stands before it. */
const faces = [
  { person: 0, picture: 0, relation: '' },
  { person: 0, picture: 1, relation: '=' },
  { person: 1, picture: 0, relation: '≠' },
] as const;

/** Three generated faces, which are drawn one after the other when the page is there. */
export function facesPicture(signal: AbortSignal): HTMLElement {
  const canvases = faces.map(() => element('canvas', { ...size }));
  void drawAll(canvases, signal);
  return element(
    'div',
    { class: 'start-faces', role: 'img', 'aria-label': 'Two faces of one person, and one of another person' },
    ...faces.flatMap(({ relation }, i) => [
      relation ? element('span', { class: 'start-relation' }, relation) : '',
      canvases[i]!,
    ]),
  );
}

async function drawAll(canvases: readonly HTMLCanvasElement[], signal: AbortSignal): Promise<void> {
  for (const [i, canvas] of canvases.entries()) {
    await new Promise((resolve) => setTimeout(resolve));
    if (signal.aborted) return;
    const { person, picture } = faces[i]!;
    const { pixels } = renderFace(seed, person, picture, size, difficultyOf(0.5));
    const image = new ImageData(size.width, size.height);
    for (let k = 0; k < size.width * size.height; k++)
      image.data.set([pixels[3 * k]!, pixels[3 * k + 1]!, pixels[3 * k + 2]!, 255], 4 * k);
    canvas.getContext('2d')?.putImageData(image, 0, 0);
  }
}
