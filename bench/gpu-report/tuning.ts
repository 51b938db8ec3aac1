/** The section of the tuner: which variants win on this adapter. */

import { countText } from '../../src/common/format.ts';
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

/** So that the steps come to their end within this section's share of nine minutes, with what was measured until then. */
const tuneSeconds = 40;

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
      tuneSeconds,
      onMeasurement: (key, measurement) => winners.push({ ...describeKey(key), ...measurement }),
    });
    return {
      items: reportCases.tuned.map(({ name, work }) => ({
        name,
        run: async () => {
          winners = [];
          const prepared = await engine.prepare(work);
          prepared.dispose();
          const failed = winners.reduce((sum, winner) => sum + Object.keys(winner.failed ?? {}).length, 0);
          const failures = failed > 0 ? `, ${countText(failed, 'variant')} failed` : '';
          return { isRight: true, summary: `${winners.length} measured${failures}`, data: winners };
        },
      })),
      ...ending(engine.device),
    };
  },
};
