/** The front page: what this is, in three sentences and three pictures. */

import type { Mount } from '../page.ts';
import { type Child, element } from '../parts/element.ts';
import { circlePicture } from './circle-picture.ts';
import { codePicture } from './code-picture.ts';
import { facesPicture } from './faces-picture.ts';

const paper = 'https://arxiv.org/abs/1704.06369';

export const mount: Mount = (root, { signal }) => {
  root.append(
    element(
      'div',
      { class: 'page-head start-head' },
      element('h1', {}, 'Faces on the unit sphere, trained and compared in your browser'),
      element(
        'p',
        { class: 'lead' },
        element('a', { href: paper }, 'NormFace'),
        ' (Wang, Xiang, Cheng and Yuille, ACM MM 2017) trains networks whose features have length one, so that the cosine of two faces says whether they are the same person. ',
        'This is a tensor engine written from scratch for it: every kernel is handwritten WGSL and runs on WebGPU, without any framework. ',
        'Everything is computed in this page: watch a network being trained, compare faces with it, and read, change and measure its kernels.',
      ),
    ),
    element(
      'div',
      { class: 'start-cards' },
      card(
        '#/train',
        'Train live',
        circlePicture(),
        'Divided by its length, a feature is only a direction. The loss compares it with the direction of each class, and the classes part before your eyes.',
      ),
      card(
        '#/verify',
        'Verify',
        facesPicture(signal),
        'Two pictures of one person, and one of another, drawn by the generator of training data. A trained network tells them apart by their cosines.',
      ),
      card(
        '#/kernels',
        'Kernels',
        codePicture(),
        'The normalisation as the GPU runs it. Change a line: it is checked against a float64 reference and timed beside the default one.',
      ),
    ),
    element(
      'p',
      { class: 'soft' },
      'The page ',
      element('a', { href: '#/device' }, 'Device'),
      ' says what your GPU offers and measures what it can do. The paper: ',
      element('a', { href: paper }, 'NormFace: L2 Hypersphere Embedding for Face Verification'),
      ', arXiv 1704.06369.',
    ),
  );
  return { dispose() {} };
};

function card(href: string, title: string, picture: Child, text: string): HTMLElement {
  return element(
    'section',
    { class: 'start-card', 'aria-label': title },
    element('div', { class: 'start-picture' }, picture),
    element('h2', {}, element('a', { href }, title)),
    element('p', {}, text),
  );
}
