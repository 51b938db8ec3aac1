/** What can be done with the net as it is: try it on faces, or keep its weights. */

import { UserError } from '../../common/errors.ts';
import { type Handover, handOver } from '../handover.ts';
import type { Embedding } from '../live/embedding.ts';
import { judge } from '../live/judge.ts';
import { type Pictures, rgbaOf } from '../live/pictures.ts';
import { button, element } from '../parts/element.ts';
import { save } from '../parts/save.ts';

/** A net, and what it makes of the sample. */
export interface NetReading {
  /** A weights file. */
  readonly weights: Uint8Array;
  readonly embedding: Embedding;
  readonly pictures: Pictures;
  /** Pictures of the embedding's features. */
  readonly sample: Uint32Array;
}

interface Actions {
  /** Pauses the run. Undefined where there is no net after all. */
  readonly readNet: () => Promise<NetReading | undefined>;
  readonly onFailure: (error: unknown) => void;
}

export class NetUses {
  readonly element: HTMLElement;
  private readonly buttons: readonly HTMLButtonElement[];

  constructor({ readNet, onFailure }: Actions) {
    const use = (title: string, task: (net: NetReading) => void, hint: string) =>
      button(
        title,
        async () => {
          try {
            const net = await readNet();
            if (net) task(net);
          } catch (error) {
            onFailure(error);
          }
        },
        { title: hint },
      );
    this.buttons = [
      use('Verify with it', toVerify, 'pause, and compare held-out pictures on the page Verify'),
      use('Save it', ({ weights }) => save(weights, 'weights.safetensors'), 'pause, and save its weights'),
    ];
    this.element = element(
      'section',
      { class: 'panel train-uses', 'aria-label': 'This net' },
      element('p', { class: 'soft small' }, 'This net as it is now:'),
      ...this.buttons,
    );
    this.show(false);
  }

  show(isThere: boolean): void {
    for (const one of this.buttons) one.disabled = !isThere;
  }
}

function toVerify(net: NetReading): void {
  handOver(handoverOf(net));
  location.hash = '#/verify';
}

const shownClasses = 4;
const shownOfEach = 2;

/** @throws UserError where too few pictures are held out */
function handoverOf({ weights, embedding, pictures, sample }: NetReading): Handover {
  const { width, height, classes, labels, title } = pictures;
  const heldOut = [...sample].filter((_, i) => embedding.heldOut[i]);
  const chosen = classes
    .slice(0, shownClasses)
    .flatMap((_, k) => heldOut.filter((index) => labels[index] === k).slice(0, shownOfEach));
  if (chosen.length < 2) throw new UserError('too few pictures are held out of the training to compare any');
  return {
    name: `the net of Train live at step ${embedding.step}`,
    weights,
    threshold: judge(embedding, title),
    faces: chosen.map((index) => ({
      name: `${classes[labels[index]!]} (${index + 1})`,
      picture: { width, height, channels: 4, data: rgbaOf(pictures, [index]) },
    })),
  };
}
