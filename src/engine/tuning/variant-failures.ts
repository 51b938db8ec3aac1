import { OutOfMemoryError } from '../core/errors.ts';
import { PassingFailure } from './bench.ts';
import { isOfThisRun, type Measurement } from './measurements.ts';

/**
 * Which variants of a piece of work could not be measured. A refused kernel or a crash is the variant's own. A time limit, a lost device or
 * a lack of memory may as well be due to what else the machine did: such a failure counts in this run, another run tries the
 * variant once more, and what fails then as well is the variant's own.
 */
export class VariantFailures {
  private readonly failed: Record<string, string>;
  private readonly doubtful: Record<string, { readonly why: string; readonly at: number }>;

  /** @param before what is known of it already */
  constructor({ failed, doubtful }: Pick<Measurement, 'failed' | 'doubtful'>) {
    this.failed = { ...failed };
    this.doubtful = { ...doubtful };
  }

  /** Whether a variant is not tried, or not any more. */
  has(name: string): boolean {
    const doubt = this.doubtful[name];
    return this.failed[name] !== undefined || (doubt !== undefined && isOfThisRun(doubt));
  }

  /** @returns what to say of it, in words */
  add(name: string, error: Error): string {
    const [why] = error.message.split('\n') as [string];
    const mayPass = error instanceof PassingFailure || error instanceof OutOfMemoryError;
    if (mayPass && !this.doubtful[name]) {
      this.doubtful[name] = { why, at: Date.now() };
      return `${why}; another run tries it once more`;
    }
    delete this.doubtful[name];
    this.failed[name] = why;
    return why;
  }

  /** All variants were tried: those that other runs doubted and that did not fail have run. */
  settle(): void {
    for (const [name, doubt] of Object.entries(this.doubtful))
      if (!isOfThisRun(doubt)) delete this.doubtful[name];
  }

  /** As they are kept. */
  get kept(): Pick<Measurement, 'failed' | 'doubtful'> {
    const { failed, doubtful } = this;
    return {
      ...(Object.keys(failed).length > 0 && { failed: { ...failed } }),
      ...(Object.keys(doubtful).length > 0 && { doubtful: { ...doubtful } }),
    };
  }
}
