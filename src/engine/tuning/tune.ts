import { DeviceLostError } from '../core/errors.ts';
import { synchronous } from '../core/synchronous.ts';
import type { AdapterReport } from '../runtime/adapter.ts';
import { defaultReason } from './adapter-class.ts';
import { type Bench, type BenchHost, DeviceBench, MeasuringEnded } from './bench.ts';
import { Budget } from './budget.ts';
import { type Choice, describeKey, keyOf, type Variant } from './choice.ts';
import {
  isFinished,
  type KnownMeasurements,
  type Measurement,
  reasonOf,
  type TuneStore,
} from './measurements.ts';
import { TimedVariant, timesOf } from './timed-variant.ts';
import { VariantFailures } from './variant-failures.ts';

/** Which variant a piece of work took, and why. */
export interface Decision {
  /** `gemm`, `conv2d_grad_weight` … */
  readonly operation: string;
  readonly variant: string;
  /** In words. */
  readonly reason: string;
}

/** `off`: the default; `cache`: what was measured on this adapter before, else the default; `full`: measure what is missing. */
export type TuneMode = 'off' | 'cache' | 'full';

/** The device whose work is tuned, as far as the tuner needs it. */
export interface TunerHost extends BenchHost {
  readonly report: Pick<AdapterReport, 'software' | 'vendor'>;
  allocating<T>(make: () => T, discard: (made: T) => void): Promise<T>;
  /** Throws if the device was lost or closed. */
  assertUsable(): void;
}

/** A choice that was met and that nothing was measured for, with the arithmetic of all pieces of work that are like it. */
interface Wanted {
  readonly choice: Choice<Variant>;
  readonly flops: number;
}

/** Told of every measurement. */
export type MeasurementReport = (key: string, measurement: Measurement) => void;

/** Names the variant that a choice takes; undefined: its own. */
export type Preference = (
  operation: string,
  names: readonly string[],
  choice: Choice<Variant>,
) => string | undefined;

/** Picks the variants of operators on one device. */
export class Tuner {
  readonly mode: TuneMode;
  /** Gets sentences on variants that fail while they are measured, and on the time when it did not last. */
  onNote: (sentence: string) => void = (sentence) => console.warn(sentence);
  private readonly device: TunerHost;
  private readonly measurements = new Map<string, Measurement>();
  private readonly store: TuneStore | null;
  private bench: Bench;
  private budget: Budget;
  private wanted = new Map<string, Wanted>();
  /** Keys of what is not measured any more, because the time is over or nothing can be measured. */
  private readonly left = new Set<string>();
  private done = 0;
  private decided: readonly Decision[] = [];
  private preference: Preference | null = null;

  constructor(
    device: TunerHost,
    mode: TuneMode = 'off',
    { store = null, measurements, seconds = Number.POSITIVE_INFINITY }: KnownMeasurements = {},
  ) {
    this.device = device;
    this.mode = mode;
    this.store = store;
    this.bench = new DeviceBench(device);
    this.budget = new Budget(seconds);
    for (const [key, measurement] of measurements ?? []) this.measurements.set(key, measurement);
  }

  /** From now on measures there instead of on the device itself. @param seconds that it may take in all */
  measureOn(bench: Bench, seconds: number): void {
    this.bench = bench;
    this.budget = new Budget(seconds);
  }

  /** Pieces of work that nothing was measured for because the time was over, or because nothing can be measured. */
  get unmeasured(): number {
    return this.left.size;
  }

  /** Where measurements are kept; null where they are not. */
  get location(): string | null {
    return this.store?.location ?? null;
  }

  /** What the work that is being recorded belongs to, the outermost choice first. */
  get decisions(): readonly Decision[] {
    return this.decided;
  }

  /** Does a piece of work with the variant of {@link Tuner.choose}; its dispatches know which one it was. */
  perform<V extends Variant>(choice: Choice<V>, work: (variant: V) => void): void {
    const { variant, reason } = this.decide(choice);
    const previous = this.decided;
    this.decided = [...previous, { operation: choice.operation, variant: variant.name, reason }];
    try {
      work(variant);
    } finally {
      this.decided = previous;
    }
  }

  /** The variant to use: a forced one, the fastest known, or the default one. */
  choose<V extends Variant>(choice: Choice<V>): V {
    return this.decide(choice).variant;
  }

  private decide<V extends Variant>(choice: Choice<V>): { variant: V; reason: string } {
    const { operation, variants } = choice;
    const own = this.ownDecision(choice);
    const names = variants.map(({ name }) => name);
    const name = this.preference?.(operation, names, choice);
    const preferred = variants.find((variant) => variant.name === name);
    if (preferred && preferred !== own.variant) {
      const usual = `without that the engine takes ${own.variant.name} here (${own.reason})`;
      return { variant: preferred, reason: `taken because it or its kernel was named; ${usual}` };
    }
    if (own.unmeasured && !preferred && this.mode === 'full') {
      const flops = (this.wanted.get(own.unmeasured)?.flops ?? 0) + choice.flops;
      this.wanted.set(own.unmeasured, { choice, flops });
    }
    return own;
  }

  /** What is taken where nobody names anything; `unmeasured` is the key of a choice that a measurement could decide. */
  private ownDecision<V extends Variant>(
    choice: Choice<V>,
  ): { readonly variant: V; readonly reason: string; readonly unmeasured?: string } {
    const { variants, candidates = variants, defaultVariant: variant } = choice;
    if (candidates.length === 1) return { variant, reason: 'the only one worth trying here' };
    const reason = defaultReason(this.device.report);
    if (this.mode === 'off') return { variant, reason };
    const key = keyOf(choice);
    const measurement = this.measurements.get(key);
    const winner = variants.find(({ name }) => name === measurement?.winner);
    if (!winner) return { variant, reason, unmeasured: key };
    const known = { variant: winner, reason: reasonOf(measurement!) };
    return isFinished(measurement) ? known : { ...known, unmeasured: key };
  }

  /** For tests and benchmarks: inside `body`, `prefer` may name the variant that an operation uses. */
  preferring<T>(prefer: Preference, body: () => T): T {
    const previous = this.preference;
    this.preference = prefer;
    try {
      return synchronous('preferring', body());
    } finally {
      this.preference = previous;
    }
  }

  /**
   * Makes something that captures steps (see {@link Device.allocating}), in mode `full` with the fastest variants: what the first making wanted to know is
   * measured, then it is made again.
   *
   * @param make must not be asynchronous
   * @param discard frees what was made
   */
  async tuned<T>(make: () => T, discard: (made: T) => void, report?: MeasurementReport): Promise<T> {
    const making = (): T => synchronous('tuned', make());
    let made = await this.device.allocating(making, discard);
    while (await this.settle(report)) {
      discard(made);
      made = await this.device.allocating(making, discard);
    }
    return made;
  }

  /**
   * Measures what was wanted so far: the largest share of the arithmetic first, so that time that does not last for everything goes
   * where it matters most.
   *
   * @returns whether there was anything
   */
  private async settle(report?: MeasurementReport): Promise<boolean> {
    const isNew = ([key]: [string, Wanted]): boolean =>
      !this.left.has(key) && !isFinished(this.measurements.get(key));
    const wanted = [...this.wanted].filter(isNew).sort(([, a], [, b]) => b.flops - a.flops);
    this.wanted.clear();
    if (wanted.length === 0) return false;
    const before = this.done;
    this.budget.start();
    try {
      for (const [key, { choice }] of wanted)
        if (!isFinished(this.measurements.get(key))) await this.measure(key, choice, report);
    } catch (error) {
      if (!(error instanceof MeasuringEnded)) throw error;
      const left = wanted.filter(([key]) => !isFinished(this.measurements.get(key)));
      for (const [key] of left) this.left.add(key);
      const origin = this.device.report.software ? '' : ', which are estimated';
      this.onNote(
        `${error.message}: pieces of work measured: ${this.done}, not measured: ${left.length}; these keep their defaults${origin}`,
      );
    } finally {
      this.budget.stop();
      this.bench.end();
    }
    return this.done > before;
  }

  /** Times the variants of one choice, after those of the choices inside it. */
  private async measure(
    key: string,
    choice: Choice<Variant>,
    report: MeasurementReport | undefined,
  ): Promise<void> {
    const outer = this.wanted;
    this.wanted = new Map();
    const nothing: Measurement = { winner: '', milliseconds: {} };
    const before = this.measurements.get(key) ?? nothing;
    const failures = new VariantFailures(before);
    const hasFailed = ({ name }: Variant): boolean => failures.has(name);
    /** Does a part of the measurement of a variant; null once the variant has failed. */
    const attempt = async <T>({ name }: Variant, body: () => Promise<T>): Promise<T | null> => {
      if (failures.has(name)) return null;
      this.budget.check();
      try {
        return await body();
      } catch (error) {
        if (error instanceof MeasuringEnded || error instanceof DeviceLostError) throw error;
        const why = failures.add(name, error as Error);
        // At once: what comes of the failure, such as the reset of a GPU, may end this process as well.
        const { winner, milliseconds } = before.winner === name ? nothing : before;
        await this.keep(key, { winner, milliseconds, ...failures.kept });
        const { operation, work } = describeKey(key);
        this.onNote(`${operation} ${work}: the variant ${name} is not used, ${why}`);
        this.device.assertUsable();
        return null;
      }
    };
    const timed: TimedVariant[] = [];
    try {
      for (const variant of choice.candidates ?? choice.variants) {
        const load = () =>
          attempt(variant, () =>
            this.bench.load(`${choice.operation} ${variant.name}`, () => choice.benchmark(variant)),
          );
        let work = await load();
        if (this.wanted.size > 0) {
          for (const [innerKey, inner] of this.wanted)
            if (!isFinished(this.measurements.get(innerKey)))
              await this.measure(innerKey, inner.choice, report);
          this.wanted.clear();
          work?.dispose();
          work = await load();
        }
        if (!work) continue;
        const guard = async (body: () => Promise<number>): Promise<number> =>
          (await attempt(variant, body)) ?? Number.POSITIVE_INFINITY;
        timed.push(new TimedVariant(variant.name, work, guard));
        await timed.at(-1)!.warmUp();
      }
      const running = timed.filter((variant) => !hasFailed(variant));
      const times = await timesOf(running, choice.defaultVariant.name);
      const winner = times.winner && !hasFailed(times.winner) ? times.winner : choice.defaultVariant;
      const milliseconds = Object.fromEntries(
        [...times.times].flatMap(([variant, time]) =>
          hasFailed(variant) ? [] : [[variant.name, Number(time.toPrecision(4))]],
        ),
      );
      failures.settle();
      const measurement = { winner: winner.name, milliseconds, ...failures.kept };
      await this.keep(key, measurement);
      this.done++;
      report?.(key, measurement);
    } finally {
      for (const variant of timed) variant.dispose();
      this.wanted = outer;
    }
  }

  private async keep(key: string, measurement: Measurement): Promise<void> {
    this.measurements.set(key, measurement);
    await this.store?.save(new Map([[key, measurement]]));
  }
}
