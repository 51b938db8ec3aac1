/** Where the parts of the page go. */

import { type ChosenFile, dropZone } from '../parts/drop-zone.ts';
import { button, element } from '../parts/element.ts';
import type { BroughtPictures } from './brought-pictures.ts';
import type { Size } from './pictures.ts';

export interface Parts {
  readonly checkpointStatus: HTMLElement;
  readonly facesStatus: HTMLElement;
  readonly pictures: Pick<BroughtPictures, 'camera' | 'pictureMode' | 'detector' | 'photographBox'>;
  readonly faceBox: HTMLElement;
  readonly results: HTMLElement;
  /** Whether what a canvas gives back is what was drawn. */
  readonly isExact: boolean;
}

export interface Actions {
  readonly onCheckpoint: (files: ChosenFile[]) => void;
  readonly onFaces: (files: ChosenFile[]) => void;
  readonly onTry: () => void;
  readonly onDraw: () => void;
}

export interface Arrangement {
  readonly nodes: readonly HTMLElement[];
  /**
   * Says what the images should be like.
   * @param size of the images of the net; undefined while there is none
   * @param canDraw whether the generator draws such faces
   */
  describeImages(size: Size | undefined, canDraw: boolean): void;
}

export function arrange(parts: Parts, { onCheckpoint, onFaces, onTry, onDraw }: Actions): Arrangement {
  const wanted = element('p', { class: 'soft small' });
  const head = element(
    'div',
    { class: 'page-head' },
    element('h1', {}, 'Verify'),
    element(
      'p',
      { class: 'lead' },
      'Do two photographs show the same person? A net that normface trained says how alike their faces are. ',
      element('strong', { class: 'promise' }, 'Images never leave this page.'),
    ),
    element(
      'div',
      { class: 'try' },
      button('Try it with these', onTry, { class: 'button primary' }),
      element(
        'p',
        { class: 'soft' },
        'A small net that learnt from drawn faces, and six drawn faces that it has never seen. Or ',
        element('a', { href: '#/train' }, 'train one live'),
        ' and bring it here.',
      ),
    ),
  );
  const warning = element(
    'p',
    { class: 'panel notice', hidden: parts.isExact },
    'This browser alters what a page reads from pictures, a protection against fingerprinting: cosines will be a little off.',
  );
  const checkpoint = element(
    'section',
    { class: 'panel', 'aria-label': 'Checkpoint' },
    element('h2', {}, '1. A checkpoint'),
    dropZone({
      title: 'Drop a run folder, or its weights.safetensors and threshold.json',
      button: 'Choose files',
      folderButton: 'Choose a run folder',
      accept: '.safetensors,.json',
      multiple: true,
      hint: 'normface train and normface eval --store-threshold write them.',
      onFiles: onCheckpoint,
    }),
    parts.checkpointStatus,
  );
  const draw = button('Draw other faces', onDraw);
  const faces = element(
    'section',
    { class: 'panel', 'aria-label': 'Faces' },
    element('h2', {}, '2. Two or more faces'),
    dropZone({
      title: 'Drop photographs, or aligned images of faces',
      button: 'Choose images',
      accept: 'image/*,.pgm,.ppm',
      multiple: true,
      others: [parts.pictures.camera.button],
      hint: wanted,
      onFiles: onFaces,
    }),
    parts.pictures.camera.element,
    parts.pictures.pictureMode,
    parts.pictures.detector,
    draw,
    parts.facesStatus,
  );
  return {
    nodes: [
      head,
      warning,
      element('div', { class: 'columns' }, checkpoint, faces),
      parts.pictures.photographBox,
      parts.faceBox,
      parts.results,
    ],
    describeImages: (size, canDraw) => {
      draw.hidden = !canDraw;
      const shape = size
        ? `Images of ${size.width} × ${size.height} pixels, as this net wants them, or of that shape,`
        : 'Images of 96 × 112 or 112 × 112 pixels, or of that shape,';
      wanted.textContent = `${shape} are taken as aligned crops. In all others, faces are found and aligned, on this device.`;
    },
  };
}
