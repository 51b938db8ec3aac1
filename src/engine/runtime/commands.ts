import { workOf } from './parts.ts';
import { bindGroupOf, type PreparedDispatch } from './prepared.ts';

/** Dispatches recorded eagerly before they are submitted: enough to hide the cost of a submit, few enough to start early. */
const dispatchesPerSubmit = 64;

/** Eager dispatches on their way to the queue, submitted in batches. */
export class Commands {
  private readonly gpu: GPUDevice;
  private encoder: GPUCommandEncoder | null = null;
  private pass: GPUComputePassEncoder | null = null;
  private pending = 0;
  private work = 0;
  private readonly workPerSubmission: number;

  /** @param workPerSubmission most work in a submission, in operations: see parts.ts */
  constructor(gpu: GPUDevice, workPerSubmission: number) {
    this.gpu = gpu;
    this.workPerSubmission = workPerSubmission;
  }

  encode(prepared: PreparedDispatch): void {
    const work = workOf(prepared.dispatch.cost);
    if (this.work > 0 && this.work + work > this.workPerSubmission) this.flush();
    this.work += work;
    this.encoder ??= this.gpu.createCommandEncoder();
    this.pass ??= this.encoder.beginComputePass();
    this.pass.setPipeline(prepared.kernel.pipeline);
    this.pass.setBindGroup(0, bindGroupOf(this.gpu, prepared));
    this.pass.dispatchWorkgroups(...prepared.grid);
    if (++this.pending >= dispatchesPerSubmit) this.flush();
  }

  /** Submits what was recorded. */
  flush(): void {
    if (this.encoder) this.gpu.queue.submit([this.take().finish()]);
  }

  /** Hands over what was recorded, to be submitted with what the caller adds. */
  take(): GPUCommandEncoder {
    const encoder = this.encoder ?? this.gpu.createCommandEncoder();
    this.pass?.end();
    this.encoder = null;
    this.pass = null;
    this.pending = 0;
    this.work = 0;
    return encoder;
  }
}
