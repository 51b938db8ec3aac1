/** Where idx files of pictures are dropped, and what is wrong with them. */

import { sentenceOf } from '../live/live-run.ts';
import type { ChosenFile } from '../parts/drop-zone.ts';
import { dropZone } from '../parts/drop-zone.ts';
import { element } from '../parts/element.ts';
import { StatusLine } from '../parts/status.ts';
import { takeFiles } from './images.ts';

/** @param onComplete called when there are pictures and their labels */
export function idxFiles(signal: AbortSignal, onComplete: () => void): HTMLElement {
  const status = new StatusLine();
  const take = async (files: ChosenFile[]) => {
    try {
      const taken = await takeFiles(files);
      if (signal.aborted) return;
      if (typeof taken === 'string') status.say(taken);
      else {
        status.clear();
        onComplete();
      }
    } catch (error) {
      status.fail(sentenceOf(error));
    }
  };
  const zone = dropZone({
    title: 'Drop idx files here: images and their labels',
    hint: 'train-images-idx3-ubyte and train-labels-idx1-ubyte, or others of that format, also as .gz. They stay in this page.',
    button: 'Choose files',
    multiple: true,
    onFiles: (files) => void take(files),
  });
  return element('div', { class: 'train-files' }, zone, status.element);
}
