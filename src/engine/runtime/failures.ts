import { DeviceError, OutOfMemoryError } from '../core/errors.ts';

/** Errors of a GPU arrive late: they wait here until something is read. */
export class Failures {
  private readonly gpu: GPUDevice;
  /** What error scopes caught. */
  private readonly causes: Error[] = [];
  /** What no scope caught: mostly consequences. */
  private readonly refusals: Error[] = [];
  /** Error scopes whose outcome is still to come. */
  private readonly checks = new Set<Promise<void>>();

  constructor(gpu: GPUDevice) {
    this.gpu = gpu;
    gpu.addEventListener('uncapturederror', (event) => {
      event.preventDefault(); // the next read throws it; do not log it as well
      const { error } = event as GPUUncapturedErrorEvent;
      const [line] = error.message.split('\n');
      if (error instanceof GPUOutOfMemoryError)
        this.causes.push(new OutOfMemoryError(`out of GPU memory: ${line}`));
      else this.refusals.push(new DeviceError(`the GPU refused a command: ${line}`));
    });
  }

  /** Runs `body` in an error scope; `describe` makes what is thrown later of what the scope catches. */
  watch<T>(filter: GPUErrorFilter, body: () => T, describe: (error: GPUError) => Error | Promise<Error>): T {
    this.gpu.pushErrorScope(filter);
    try {
      return body();
    } finally {
      const check = this.gpu
        .popErrorScope()
        .then(async (error) => {
          if (error) this.causes.push(await describe(error));
        })
        .catch(() => {}) // a lost device reports its loss elsewhere
        .finally(() => this.checks.delete(check));
      this.checks.add(check);
    }
  }

  /** Throws the first failure of the work so far and forgets the others, which follow from it. */
  async throwFirst(): Promise<void> {
    await Promise.all(this.checks);
    const failure = this.causes[0] ?? this.refusals[0];
    this.forget();
    if (failure) throw failure;
  }

  /** Forgets the failures so far: somebody knows of them and does without what failed. */
  forget(): void {
    this.causes.length = 0;
    this.refusals.length = 0;
  }
}
