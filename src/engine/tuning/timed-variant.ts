import type { TimedWork } from './bench.ts';
import type { Candidate } from './fastest.ts';

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
