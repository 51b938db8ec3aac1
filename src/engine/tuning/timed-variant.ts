import { repeatsOf } from '../../common/rounds.ts';
import type { TimedWork } from './bench.ts';
import { type Candidate, fastest } from './fastest.ts';

/** A round of one variant takes at least so long, in milliseconds; short work is repeated. */
const roundMs = 10;

/** A variant that is being timed. One that fails takes for ever from then on. */
export class TimedVariant implements Candidate {
  readonly name: string;
  private readonly work: TimedWork;
  private readonly guard: (body: () => Promise<number>) => Promise<number>;
  /** Milliseconds of a single run. */
  once = 0;
  /** How often a round repeats the work. */
  repeats = 1;

  /** @param guard runs the work; where that fails, it is told so and gives infinity */
  constructor(name: string, work: TimedWork, guard: (body: () => Promise<number>) => Promise<number>) {
    this.name = name;
    this.work = work;
    this.guard = guard;
  }

  private run(repeats: number): Promise<number> {
    return this.guard(async () => (await this.work.run(repeats)) / repeats);
  }

  /** Compiles the kernels and learns how long the work takes; the least of three times, since another one may be disturbed. */
  async warmUp(): Promise<void> {
    await this.run(1);
    this.once = Math.min(await this.run(1), await this.run(1), await this.run(1));
  }

  /** Milliseconds of the work, averaged over its repetitions. */
  round(): Promise<number> {
    return this.run(this.repeats);
  }

  dispose(): void {
    this.work.dispose();
  }
}

/** Times of those that run, and the fastest. @param incumbent name of the one that only a clearly faster one replaces */
export async function timesOf(running: readonly TimedVariant[], incumbent: string) {
  if (running.length === 0) return { winner: null, times: new Map<TimedVariant, number>() };
  const repeats = repeatsOf(
    running.map(({ once }) => once),
    roundMs,
  );
  running.forEach((variant, i) => {
    variant.repeats = repeats[i]!;
  });
  return fastest(
    running,
    running.find(({ name }) => name === incumbent),
  );
}
