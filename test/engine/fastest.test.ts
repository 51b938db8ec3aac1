import { describe, expect, test } from 'vitest';
import { fastest } from '../../src/engine/tuning/fastest.ts';

/** Takes these times, round by round; the last one from then on. */
class Scripted {
  readonly name: string;
  runs = 0;
  private readonly times: readonly number[];

  constructor(name: string, ...times: number[]) {
    this.name = name;
    this.times = times;
  }

  async round(): Promise<number> {
    return this.times[Math.min(this.runs++, this.times.length - 1)]!;
  }
}

describe('the fastest candidate', () => {
  test('is won by the fastest, by its least time', async () => {
    const steady = new Scripted('steady', 10);
    const disturbed = new Scripted('disturbed', 15, 80, 80, 8, 80);
    const { winner, times } = await fastest([steady, disturbed], undefined);
    expect(winner.name).toBe('disturbed');
    expect([...times.values()]).toEqual([10, 8]);
  });

  test('ends for who is twice as slow in the first round, but never for the incumbent', async () => {
    const fast = new Scripted('fast', 10);
    const slow = new Scripted('slow', 21);
    const incumbent = new Scripted('incumbent', 30, 5);
    const { winner } = await fastest([fast, slow, incumbent], incumbent);
    expect(winner.name).toBe('incumbent');
    expect([fast.runs, slow.runs, incumbent.runs]).toEqual([5, 1, 5]);
  });

  test('goes to the incumbent unless another is clearly faster', async () => {
    const incumbent = new Scripted('incumbent', 10);
    expect((await fastest([incumbent, new Scripted('hardly', 9.6)], incumbent)).winner.name).toBe(
      'incumbent',
    );
    expect((await fastest([incumbent, new Scripted('clearly', 9.4)], incumbent)).winner.name).toBe('clearly');
  });

  test('needs a second victory over the incumbent', async () => {
    // Disturbed for all of the first comparison: five rounds.
    const incumbent = new Scripted('incumbent', 24, 24, 24, 24, 24, 9);
    const challenger = new Scripted('challenger', 14);
    const { winner, times } = await fastest([incumbent, challenger], incumbent);
    expect(winner.name).toBe('incumbent');
    expect(times.get(incumbent)).toBe(9);
    expect([incumbent.runs, challenger.runs]).toEqual([10, 10]);
  });
});
