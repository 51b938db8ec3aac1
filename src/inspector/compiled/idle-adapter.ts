/**
 * An adapter whose devices have the limits and features of a real one, take every command, and do nothing: steps of any size can be captured
 * on them to see which kernels they would dispatch there.
 */

/** @param adapter whose information, limits and features are shown; no device of it is opened */
export function idleAdapter({ info, limits, features }: GPUAdapter): GPUAdapter {
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
    createBuffer: ({ size, usage }: GPUBufferDescriptor) => ({ size, usage, destroy: nothing }),
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
