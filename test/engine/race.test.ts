import { describe, expect, test } from 'vitest';
import { race } from '../../src/engine/tuning/race.ts';

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

describe('a race', () => {
  test('is won by the fastest, by its least time', async () => {
    const steady = new Scripted('steady', 10);
    const disturbed = new Scripted('disturbed', 15, 80, 80, 8, 80);
    const { winner, times } = await race([steady, disturbed], undefined);
    expect(winner.name).toBe('disturbed');
    expect([...times.values()]).toEqual([10, 8]);
  });

  test('ends for who is twice as slow in the first round, but never for the favourite', async () => {
    const fast = new Scripted('fast', 10);
    const slow = new Scripted('slow', 21);
    const favourite = new Scripted('favourite', 30, 5);
    const { winner } = await race([fast, slow, favourite], favourite);
    expect(winner.name).toBe('favourite');
    expect([fast.runs, slow.runs, favourite.runs]).toEqual([5, 1, 5]);
  });

  test('goes to the favourite unless another is clearly faster', async () => {
    const favourite = new Scripted('favourite', 10);
    expect((await race([favourite, new Scripted('hardly', 9.6)], favourite)).winner.name).toBe('favourite');
    expect((await race([favourite, new Scripted('clearly', 9.4)], favourite)).winner.name).toBe('clearly');
  });

  test('needs a second victory over the favourite', async () => {
    // Disturbed for all of the first race: five rounds.
    const favourite = new Scripted('favourite', 24, 24, 24, 24, 24, 9);
    const challenger = new Scripted('challenger', 14);
    const { winner, times } = await race([favourite, challenger], favourite);
    expect(winner.name).toBe('favourite');
    expect(times.get(favourite)).toBe(9);
    expect([favourite.runs, challenger.runs]).toEqual([10, 10]);
  });
});
