import { repeatsOf } from '../../common/rounds.ts';
import { synchronous } from '../core/synchronous.ts';
import { fastest } from './fastest.ts';
import { type KnownMeasurements, type Measurement, reasonOf, type TuneStore } from './measurements.ts';

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

/** One of several ways to do the same work; all agree within the tolerance of the operator. */
export interface Variant {
  readonly name: string;
}

/** A piece of work that can be done in several ways. */
export interface Choice<V extends Variant> {
  /** `gemm`, `conv2d_grad_weight` … */
  readonly operation: string;
  /** Everything that the time depends on: extents, transposes … */
  readonly shape: Readonly<Record<string, number | boolean>>;
  /** Texts of the kernels: when they change, what was measured is void. */
  readonly sources: readonly string[];
  readonly variants: readonly V[];
  /** Those worth measuring on this device, the default one among them; default all. */
  readonly candidates?: readonly V[];
  /** What to use where nothing was measured; one of the variants. */
  readonly defaultVariant: V;
  /** Does the work on scratch memory, made with {@link Device.empty}. */
  benchmark(variant: V): void;
}

/** Work that can be done again and again. */
interface Repeatable {
  run(): void;
  dispose(): void;
}

/** The device that variants are timed on, as far as the tuner needs it. */
export interface TunerHost {
  capture(body: () => null): Repeatable;
  allocating<T>(make: () => T, discard: (made: T) => void): Promise<T>;
  synchronize(): Promise<void>;
  /** Throws if the device was lost or closed. */
  assertUsable(): void;
}

/** A round of one variant takes at least so long; short work is repeated. */
const roundMs = 10;

/** FNV-1a, 32 bits: names a version of a kernel, guards against nothing else. */
function fingerprint(texts: readonly string[]): string {
  let hash = 0x811c9dc5;
  for (const text of texts) {
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}

const keyOf = ({ operation, shape, sources }: Choice<Variant>): string =>
  `${operation} ${JSON.stringify(shape)} ${fingerprint(sources)}`;

/** Picks the variants of operators on one device. */
export class Tuner {
  readonly mode: TuneMode;
  private readonly device: TunerHost;
  private readonly measurements = new Map<string, Measurement>();
  private readonly store: TuneStore | null;
  /** Choices met that nothing was measured for. */
  private wanted = new Map<string, Choice<Variant>>();
  private decided: readonly Decision[] = [];
  private preference: ((operation: string, names: readonly string[]) => string | undefined) | null = null;

  constructor(
    device: TunerHost,
    mode: TuneMode = 'off',
    { store = null, measurements }: KnownMeasurements = {},
  ) {
    this.device = device;
    this.mode = mode;
    this.store = store;
    for (const [key, measurement] of measurements ?? []) this.measurements.set(key, measurement);
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
    const name = this.preference?.(operation, names);
    const preferred = variants.find((variant) => variant.name === name);
    if (preferred && preferred !== own.variant) {
      const usual = `without that the engine takes ${own.variant.name} here (${own.reason})`;
      return { variant: preferred, reason: `taken because it or its kernel was named; ${usual}` };
    }
    if (own.unmeasured && !preferred && this.mode === 'full') this.wanted.set(own.unmeasured, choice);
    return own;
  }

  /** What is taken where nobody names anything; `unmeasured` is the key of a choice that a measurement could decide. */
  private ownDecision<V extends Variant>(
    choice: Choice<V>,
  ): { readonly variant: V; readonly reason: string; readonly unmeasured?: string } {
    const { variants, candidates = variants, defaultVariant: variant } = choice;
    if (candidates.length === 1) return { variant, reason: 'the only one worth trying here' };
    if (this.mode === 'off') return { variant, reason: 'default for this kind of adapter' };
    const key = keyOf(choice);
    const measurement = this.measurements.get(key);
    const winner = variants.find(({ name }) => name === measurement?.winner);
    if (winner) return { variant: winner, reason: reasonOf(measurement!) };
    const reason = 'default for this kind of adapter; not measured on this one';
    return { variant, reason, unmeasured: key };
  }

  /** For tests and benchmarks: inside `body`, `prefer` may name the variant that an operation uses. */
  preferring<T>(
    prefer: (operation: string, names: readonly string[]) => string | undefined,
    body: () => T,
  ): T {
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
   * @param report told of every measurement
   */
  async tuned<T>(
    make: () => T,
    discard: (made: T) => void,
    report?: (key: string, measurement: Measurement) => void,
  ): Promise<T> {
    const making = (): T => synchronous('tuned', make());
    let made = await this.device.allocating(making, discard);
    while (await this.settle(report)) {
      discard(made);
      made = await this.device.allocating(making, discard);
    }
    return made;
  }

  /** Measures what was wanted so far. @returns whether there was anything */
  private async settle(report?: (key: string, measurement: Measurement) => void): Promise<boolean> {
    const measured = new Map<string, Measurement>();
    for (let [next] = this.wanted; next; [next] = this.wanted) {
      const [key, choice] = next;
      this.wanted.delete(key);
      if (this.measurements.has(key)) continue;
      for (const [k, measurement] of await this.measure(key, choice)) {
        measured.set(k, measurement);
        report?.(k, measurement);
      }
    }
    if (measured.size > 0) await this.store?.save(measured);
    return measured.size > 0;
  }

  /** Times the variants of one choice, after those of the choices inside it. */
  private async measure(key: string, choice: Choice<Variant>): Promise<Map<string, Measurement>> {
    const outer = this.wanted;
    this.wanted = new Map();
    const measured = new Map<string, Measurement>();
    const timed: TimedVariant[] = [];
    try {
      for (const variant of choice.candidates ?? choice.variants) {
        const benchmark = (): Repeatable =>
          this.device.capture(() => {
            choice.benchmark(variant);
            return null;
          });
        try {
          let step = benchmark();
          for (const [innerKey, inner] of this.wanted) {
            for (const entry of await this.measure(innerKey, inner)) measured.set(...entry);
          }
          if (this.wanted.size > 0) {
            this.wanted.clear();
            step.dispose();
            step = benchmark();
          }
          const variantRun = new TimedVariant(this.device, variant.name, step);
          timed.push(variantRun);
          await variantRun.warmUp();
        } catch (error) {
          // A variant that the adapter cannot run is out; the work itself reports its failure when it is done.
          if (timed.at(-1)?.name === variant.name) timed.pop()!.dispose();
          this.device.assertUsable();
          if (variant === choice.defaultVariant) throw error;
        }
      }
      const repeats = repeatsOf(
        timed.map(({ once }) => once),
        roundMs,
      );
      timed.forEach((variantRun, i) => {
        variantRun.repeats = repeats[i]!;
      });
      const defaultVariant = timed.find(({ name }) => name === choice.defaultVariant.name);
      const { winner, times } = await fastest(timed, defaultVariant);
      const milliseconds = Object.fromEntries(
        [...times].map(([{ name }, time]) => [name, Number(time.toPrecision(4))]),
      );
      const measurement = { winner: winner.name, milliseconds };
      this.measurements.set(key, measurement);
      return measured.set(key, measurement);
    } finally {
      for (const variantRun of timed) variantRun.dispose();
      this.wanted = outer;
    }
  }
}

/** A variant that is being timed. */
class TimedVariant {
  readonly name: string;
  private readonly device: TunerHost;
  private readonly step: Repeatable;
  /** Milliseconds of a single run. */
  once = 0;
  /** How often a round repeats the work. */
  repeats = 1;

  constructor(device: TunerHost, name: string, step: Repeatable) {
    this.device = device;
    this.name = name;
    this.step = step;
  }

  private async run(repeats: number): Promise<number> {
    const started = performance.now();
    for (let i = 0; i < repeats; i++) this.step.run();
    await this.device.synchronize();
    return (performance.now() - started) / repeats;
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
    this.step.dispose();
  }
}
