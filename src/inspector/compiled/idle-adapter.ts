/**
 * An adapter whose devices have the limits and features of a real one, take every command, and do nothing: steps of any size can be captured
 * on them to see which kernels they would dispatch there, and run to see what the host does. What is read from them is zero.
 */

import { openAdapter } from '../../engine/runtime/open.ts';
import type { DeviceOptions } from '../../engine/runtime/options.ts';
import { type Runtime, runtimeOf } from '../../engine/runtime/runtime.ts';

/** A device that does nothing, with default variants. @param adapter whose information, limits and features it has */
export async function openIdle(
  adapter: GPUAdapter,
  options: Pick<DeviceOptions, 'operands'> = {},
): Promise<Runtime> {
  const device = await openAdapter(idleAdapter(adapter), { ...options, tune: 'off' }, () => null);
  const runtime = runtimeOf(device);
  runtime.isIdle = true;
  return runtime;
}

/** @param adapter whose information, limits and features are shown; no device of it is opened */
function idleAdapter({ info, limits, features }: GPUAdapter): GPUAdapter {
  const device = idleDevice(limits, features);
  // Only what the engine asks of an adapter is there.
  return { info, limits, features, requestDevice: async () => device } as unknown as GPUAdapter;
}

function idleDevice(limits: GPUSupportedLimits, features: GPUSupportedFeatures): GPUDevice {
  const nothing = (): void => {};
  const pass = { setPipeline: nothing, setBindGroup: nothing, dispatchWorkgroups: nothing, end: nothing };
  const encoder = {
    beginComputePass: () => pass,
    copyBufferToBuffer: nothing,
    clearBuffer: nothing,
    finish: () => ({}),
  };
  const queue = { writeBuffer: nothing, submit: nothing, onSubmittedWorkDone: async () => {} };
  const device = {
    limits,
    features,
    queue,
    lost: new Promise(nothing),
    addEventListener: nothing,
    pushErrorScope: nothing,
    popErrorScope: async () => null,
    createBuffer: ({ size, usage }: GPUBufferDescriptor) => ({
      ...{ size, usage, destroy: nothing },
      ...{ mapAsync: async () => {}, getMappedRange: (_: number, bytes: number) => new ArrayBuffer(bytes) },
      unmap: nothing,
    }),
    createBindGroupLayout: () => ({}),
    createBindGroup: () => ({}),
    createPipelineLayout: () => ({}),
    createShaderModule: () => ({ getCompilationInfo: async () => ({ messages: [] }) }),
    createComputePipeline: () => ({}),
    createComputePipelineAsync: async () => ({}),
    createCommandEncoder: () => encoder,
    destroy: nothing,
  };
  return device as unknown as GPUDevice;
}
