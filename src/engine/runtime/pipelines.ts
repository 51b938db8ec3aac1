import { DeviceError } from '../core/errors.ts';
import type { Failures } from './failures.ts';
import { type BindingInfo, describeCompilation, type LinkedKernel } from './kernel.ts';

/** The kernels of one device. */
export class Pipelines {
  private readonly gpu: GPUDevice;
  private readonly failures: Failures;
  private readonly kernels = new Map<LinkedKernel, CompiledKernel>();

  constructor(gpu: GPUDevice, failures: Failures) {
    this.gpu = gpu;
    this.failures = failures;
  }

  /** A kernel is checked and compiled when a pipeline is asked for. */
  kernelOf(linked: LinkedKernel): CompiledKernel {
    let compiled = this.kernels.get(linked);
    if (!compiled) {
      compiled = new CompiledKernel(this.gpu, this.failures, linked);
      this.kernels.set(linked, compiled);
    }
    return compiled;
  }
}

/** A kernel on one device. Its pipeline is made when it is first asked for, or before that by {@link CompiledKernel.compile}. */
export class CompiledKernel implements Omit<LinkedKernel, 'origin'> {
  readonly name: string;
  readonly key: string;
  readonly wgsl: string;
  readonly bindings: readonly BindingInfo[];
  readonly layout: GPUBindGroupLayout;
  /** What it was made of, for another device. */
  readonly linked: LinkedKernel;
  private readonly gpu: GPUDevice;
  private readonly failures: Failures;
  private described: GPUComputePipelineDescriptor | null = null;
  private made: GPUComputePipeline | null = null;

  constructor(gpu: GPUDevice, failures: Failures, linked: LinkedKernel) {
    const { name, key, wgsl, bindings } = linked;
    this.linked = linked;
    this.name = name;
    this.key = key;
    this.wgsl = wgsl;
    this.bindings = bindings;
    this.gpu = gpu;
    this.failures = failures;
    // What the browser itself says of this names neither kernel nor numbers.
    const most = gpu.limits.maxStorageBuffersPerShaderStage;
    if (bindings.length > most)
      throw new DeviceError(
        `kernel ${name} binds ${bindings.length} buffers, and this adapter allows ${most} in a kernel`,
      );
    this.layout = gpu.createBindGroupLayout({
      entries: bindings.map(({ binding, writable }) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: writable ? 'storage' : 'read-only-storage' },
      })),
    });
  }

  private get descriptor(): GPUComputePipelineDescriptor {
    const { gpu, name: label, layout, wgsl: code } = this;
    this.described ??= this.watched(() => ({
      label,
      layout: gpu.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module: gpu.createShaderModule({ label, code }), entryPoint: 'main' },
    }));
    return this.described;
  }

  /** What the compiler says of the kernel's WGSL. */
  async messages(): Promise<readonly GPUCompilationMessage[]> {
    return (await this.descriptor.compute.module.getCompilationInfo()).messages;
  }

  /** Compiles now unless that is done. */
  get pipeline(): GPUComputePipeline {
    this.made ??= this.watched(() => this.gpu.createComputePipeline(this.descriptor));
    return this.made;
  }

  /** Compiles on a thread of the implementation unless that is done. What fails is reported when the pipeline is used. */
  async compile(): Promise<void> {
    if (this.made) return;
    const pipeline = await this.gpu.createComputePipelineAsync(this.descriptor).catch(() => null);
    this.made ??= pipeline;
  }

  private watched<T>(body: () => T): T {
    return this.failures.watch('validation', body, async (error) => {
      this.made = null; // so that the next use reports it again
      const described = describeCompilation(this.linked, await this.messages());
      return new DeviceError(`kernel ${this.key} does not compile: ${described || error.message}`);
    });
  }
}
