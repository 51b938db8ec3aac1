/** Where variants are timed. */

/** Work that is ready to be timed. */
export interface TimedWork {
  /**
   * Does it so many times.
   * @returns milliseconds in all
   */
  run(repeats: number): Promise<number>;
  dispose(): void;
}

export interface Bench {
  /**
   * Prepares work; what cannot be done rejects here or when it is run.
   *
   * @param label names it in messages
   * @param work records its dispatches
   */
  load(label: string, work: () => void): Promise<TimedWork>;
  /** Frees what it needs between measurements. */
  end(): void;
}

/** The device that work is timed on, as far as that needs it. */
export interface BenchHost {
  capture(body: () => null): { run(): void; dispose(): void };
  synchronize(): Promise<void>;
}

/** Times work on a device of this process. */
export class DeviceBench implements Bench {
  private readonly device: BenchHost;

  constructor(device: BenchHost) {
    this.device = device;
  }

  async load(_: string, work: () => void): Promise<TimedWork> {
    const { device } = this;
    const step = device.capture(() => {
      work();
      return null;
    });
    return {
      run: async (repeats) => {
        const started = performance.now();
        for (let i = 0; i < repeats; i++) step.run();
        await device.synchronize();
        return performance.now() - started;
      },
      dispose: () => step.dispose(),
    };
  }

  end(): void {}
}

/** A failure that may be due to what else the machine does: a time limit, a lost device, a lack of memory. Another time it may pass. */
export class PassingFailure extends Error {}

/** Why nothing more is measured; no fault of the variant that was to be timed. */
export class MeasuringEnded extends Error {}
