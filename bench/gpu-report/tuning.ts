/** The section of the tuner: which variants win on this adapter. */

import { describeKey } from '../../src/engine/tuning/choice.ts';
import type { Measurement } from '../../src/engine/tuning/measurements.ts';
import { openEngine } from '../peers/engine.ts';
import { reportCases } from './cases.ts';
import { ending } from './ending.ts';
import type { Section } from './section.ts';

/** The variants of one piece of work, milliseconds each. */
export interface Winner extends Measurement {
  readonly operation: string;
  readonly work: string;
}

export const tuning: Section = {
  name: 'tuner',
  title: 'Variants that win',
  about:
    'All variants of the matrix products and convolutions of whole optimiser steps, measured on this adapter. What wins is kept and used by later runs.',
  share: 0.1,
  itemSeconds: 120,
  async open(options) {
    let winners: Winner[] = [];
    const engine = await openEngine('safe', {
      ...options,
      tune: 'full',
      ignoreMeasurements: true,
      onMeasurement: (key, measurement) => winners.push({ ...describeKey(key), ...measurement }),
    });
    return {
      items: reportCases.tuned.map(({ name, work }) => ({
        name,
        run: async () => {
          winners = [];
          const prepared = await engine.prepare(work);
          prepared.dispose();
          return { isRight: true, summary: `${winners.length} measured`, data: winners };
        },
      })),
      ...ending(engine.device),
    };
  },
};
