import { DeviceError } from './errors.ts';
import type { Failures } from './failures.ts';
import {
  type BindingInfo,
  type Dispatch,
  describeCompilation,
  type LinkedKernel,
  linkKernel,
} from './kernel.ts';

/** The kernels of one device. */
export class Pipelines {
  private readonly gpu: GPUDevice;
  private readonly failures: Failures;
  private readonly kernels = new Map<string, CompiledKernel>();

  constructor(gpu: GPUDevice, failures: Failures) {
    this.gpu = gpu;
    this.failures = failures;
  }

  /** Links and checks the kernel of a dispatch at first use; it is compiled later. */
  kernelOf({
    kernel,
    constants,
    conditions,
  }: Pick<Dispatch, 'kernel' | 'constants' | 'conditions'>): CompiledKernel {
    const linked = linkKernel(kernel, constants, conditions);
    let compiled = this.kernels.get(linked.key);
    if (!compiled) {
      compiled = new CompiledKernel(this.gpu, this.failures, linked);
      this.kernels.set(linked.key, compiled);
    }
    return compiled;
  }
}

/** A kernel on one device. Its pipeline is made when it is first asked for, or before that by {@link CompiledKernel.compile}. */
export class CompiledKernel implements LinkedKernel {
  readonly name: string;
  readonly key: string;
  readonly wgsl: string;
  readonly bindings: readonly BindingInfo[];
  readonly layout: GPUBindGroupLayout;
  private readonly gpu: GPUDevice;
  private readonly failures: Failures;
  private readonly descriptor: GPUComputePipelineDescriptor;
  private made: GPUComputePipeline | null = null;

  constructor(gpu: GPUDevice, failures: Failures, linked: LinkedKernel) {
    const { name, key, wgsl, bindings } = linked;
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
    this.descriptor = this.watched(() => ({
      label: name,
      layout: gpu.createPipelineLayout({ bindGroupLayouts: [this.layout] }),
      compute: { module: gpu.createShaderModule({ label: name, code: wgsl }), entryPoint: 'main' },
    }));
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
      const { messages } = await this.descriptor.compute.module.getCompilationInfo();
      return `kernel ${this.key} does not compile: ${describeCompilation(this, messages) || error.message}`;
    });
  }
}
