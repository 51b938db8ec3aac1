import { DeviceError } from '../core/errors.ts';

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
      const [line] = (event as GPUUncapturedErrorEvent).error.message.split('\n');
      this.refusals.push(new DeviceError(`the GPU refused a command: ${line}`));
    });
  }

  /** Runs `body` in an error scope; `describe` says what is thrown later for what the scope catches. */
  watch<T>(
    filter: GPUErrorFilter,
    body: () => T,
    describe: (error: GPUError) => string | Promise<string>,
  ): T {
    this.gpu.pushErrorScope(filter);
    try {
      return body();
    } finally {
      const check = this.gpu
        .popErrorScope()
        .then(async (error) => {
          if (error) this.causes.push(new DeviceError(await describe(error)));
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
    this.causes.length = 0;
    this.refusals.length = 0;
    if (failure) throw failure;
  }
}
