import { bindGroupOf, type PreparedDispatch } from './prepared.ts';

/** Dispatches recorded eagerly before they are submitted: enough to hide the cost of a submit, few enough to start early. */
const dispatchesPerSubmit = 64;

/** Eager dispatches on their way to the queue, submitted in batches. */
export class Commands {
  private readonly gpu: GPUDevice;
  private encoder: GPUCommandEncoder | null = null;
  private pass: GPUComputePassEncoder | null = null;
  private pending = 0;

  constructor(gpu: GPUDevice) {
    this.gpu = gpu;
  }

  encode(prepared: PreparedDispatch): void {
    this.encoder ??= this.gpu.createCommandEncoder();
    this.pass ??= this.encoder.beginComputePass();
    this.pass.setPipeline(prepared.kernel.pipeline);
    this.pass.setBindGroup(0, bindGroupOf(this.gpu, prepared));
    this.pass.dispatchWorkgroups(...prepared.grid);
    if (++this.pending >= dispatchesPerSubmit) this.flush();
  }

  /** Submits what was recorded. */
  flush(): void {
    if (!this.encoder) return;
    this.pass?.end();
    this.gpu.queue.submit([this.encoder.finish()]);
    this.encoder = null;
    this.pass = null;
    this.pending = 0;
  }
}
