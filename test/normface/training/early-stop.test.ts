import { describe, expect, test } from 'vitest';
import { parseConfig, type TrainingConfigInput } from '../../../src/normface/training/config/config.ts';
import { doubtfulSettings } from '../../../src/normface/training/config/doubtful-settings.ts';
import { configHash } from '../../../src/normface/training/config/overrides.ts';
import { EarlyStop } from '../../../src/normface/training/run/early-stop.ts';
import type { ValidationRecord } from '../../../src/normface/training/run/log.ts';

const validation = (
  step: number,
  accuracy: number,
  more: Partial<ValidationRecord> = {},
): ValidationRecord => ({
  ...{ event: 'validation', step, protocol: 'x', accuracy, threshold: 0 },
  ...more,
});

const settings = { metric: 'accuracy', patience: 2, minimumGain: 0 } as const;

/** What follows from each of some validations: "best", "stop". */
function verdicts(
  accuracies: number[],
  config: ConstructorParameters<typeof EarlyStop>[0] = settings,
): string[] {
  const early = new EarlyStop(config, []);
  return accuracies.map((accuracy, i) => {
    const { isBest, stop } = early.add(validation(i + 1, accuracy));
    return [isBest ? 'best' : '', stop ? 'stop' : ''].filter(Boolean).join(' ');
  });
}

describe('early stopping', () => {
  test('ends after so many evaluations without a gain, and an equal one is none', () => {
    expect(verdicts([0.5, 0.6, 0.6, 0.55])).toEqual(['best', 'best', '', 'stop']);
    expect(verdicts([0.5, 0.4, 0.6, 0.3, 0.61])).toEqual(['best', '', 'best', '', 'best']);
  });

  test('what is better by less than a gain is the best, and yet no gain; small ones add up', () => {
    const config = { ...settings, minimumGain: 0.1 };
    expect(verdicts([0.5, 0.55, 0.59], config)).toEqual(['best', 'best', 'best stop']);
    expect(verdicts([0.5, 0.55, 0.61, 0.6], config)).toEqual(['best', 'best', 'best', '']);
  });

  test('an error rate is better the smaller it is', () => {
    const early = new EarlyStop({ ...settings, metric: 'equalErrorRate' }, []);
    const add = (step: number, equalErrorRate: number) =>
      early.add(validation(step, 0.5, { equalErrorRate }));
    expect([add(1, 0.2), add(2, 0.1), add(3, 0.3)].map(({ isBest }) => isBest)).toEqual([true, true, false]);
    expect(early.bestValue).toBe(0.1);
    expect(early.ranking).toEqual([2, 1, 3]);
  });

  test('goes on from what a log tells', () => {
    const records = [validation(1, 0.6), validation(2, 0.5)];
    const early = new EarlyStop(settings, [{ event: 'start', step: 0 }, ...records]);
    expect([early.isOver, early.withoutGain]).toEqual([false, 1]);
    expect(early.add(validation(3, 0.55))).toEqual({ isBest: false, stop: true });
    expect([early.isOver, early.ranking]).toEqual([true, [1, 3, 2]]);
  });

  test('a validation without the metric counts for nothing', () => {
    const early = new EarlyStop({ ...settings, metric: 'areaUnderCurve', patience: 1 }, [validation(1, 0.6)]);
    expect(early.isOver).toBe(false);
    expect(early.add(validation(2, 0.6))).toEqual({ isBest: false, stop: false });
  });
});

describe('its settings', () => {
  const parse = (stopEarly: unknown, everySteps = 10) =>
    parseConfig(
      { data: { pairs: 'p' }, evaluation: { everySteps }, stopEarly } as TrainingConfigInput,
      'x.json',
    );

  test('defaults, and what is refused', () => {
    expect(parse({ patience: 5 }).stopEarly).toEqual({ metric: 'accuracy', patience: 5, minimumGain: 0 });
    expect(() => parse({})).toThrow(/stopEarly\.patience is missing/);
    expect(() => parse({ patience: 0 })).toThrow(/expected at least 1/);
    expect(() => parse({ patience: 1, metric: 'loss' })).toThrow(
      /expected one of accuracy, areaUnderCurve, equalErrorRate/,
    );
    expect(() => parse({ patience: 1 }, 0)).toThrow(/stopEarly needs evaluation\.everySteps/);
  });

  test('they may be changed when a run is resumed, and a patience that outlasts the run is doubtful', () => {
    expect(configHash(parse({ patience: 5 }))).toBe(configHash(parse(undefined)));
    expect(doubtfulSettings(parse({ patience: 9 }), 100)).toEqual([]);
    expect(doubtfulSettings(parse({ patience: 10 }), 100)).toEqual([
      'stopEarly never acts: 10 evaluations after a first one, one every 10 steps, are more than the 100 steps of the run',
    ]);
  });
});
