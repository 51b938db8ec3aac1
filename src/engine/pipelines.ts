import type { Failures } from './failures.ts';
import { type CompiledKernel, type Dispatch, describeCompilation, linkKernel } from './kernel.ts';

/** The kernels of one device, compiled at first use. */
export class Pipelines {
  private readonly gpu: GPUDevice;
  private readonly failures: Failures;
  private readonly kernels = new Map<string, CompiledKernel>();

  constructor(gpu: GPUDevice, failures: Failures) {
    this.gpu = gpu;
    this.failures = failures;
  }

  compile({
    kernel,
    constants,
    conditions,
  }: Pick<Dispatch, 'kernel' | 'constants' | 'conditions'>): CompiledKernel {
    const linked = linkKernel(kernel, constants, conditions);
    const known = this.kernels.get(linked.key);
    if (known) return known;
    let shader: GPUShaderModule;
    const compile = (): CompiledKernel => {
      shader = this.gpu.createShaderModule({ label: linked.name, code: linked.wgsl });
      const layout = this.gpu.createBindGroupLayout({
        entries: linked.bindings.map(({ binding, writable }) => ({
          binding,
          visibility: GPUShaderStage.COMPUTE,
          buffer: { type: writable ? 'storage' : 'read-only-storage' },
        })),
      });
      const pipeline = this.gpu.createComputePipeline({
        label: linked.name,
        layout: this.gpu.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module: shader, entryPoint: 'main' },
      });
      return { ...linked, pipeline, layout };
    };
    const compiled = this.failures.watch('validation', compile, async (error) => {
      this.kernels.delete(linked.key); // so that the next use reports it again
      const { messages } = await shader.getCompilationInfo();
      return `kernel ${linked.key} does not compile: ${describeCompilation(linked, messages) || error.message}`;
    });
    this.kernels.set(linked.key, compiled);
    return compiled;
  }
}
