/**
 * Has Mesa's software driver llvmpipe compile kernels and print its assembly, which it does to the standard error output as a kernel first
 * runs (GALLIVM_DEBUG=asm); a line before each kernel tells whose it is.
 */

import { readFileSync, writeSync } from 'node:fs';
import { type KernelRequest, openCandidates } from './candidates.ts';
import { kernelMark, reportedTo } from './run.ts';

/** Bytes of each buffer. What lies behind them reads as 0. */
const bytes = 1 << 20;

await reportedTo(async (requestFile) => {
  const { gpu, candidates } = await openCandidates(
    JSON.parse(readFileSync(requestFile, 'utf8')) as KernelRequest,
  );
  for (const { name, uses, kernel } of candidates) {
    writeSync(2, `${kernelMark}${name} (${uses[0]})\n`);
    const entries = kernel.bindings.map(({ binding }) => ({
      binding,
      resource: { buffer: gpu.createBuffer({ size: bytes, usage: GPUBufferUsage.STORAGE }) },
    }));
    const encoder = gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(kernel.pipeline);
    pass.setBindGroup(0, gpu.createBindGroup({ layout: kernel.layout, entries }));
    pass.dispatchWorkgroups(1);
    pass.end();
    gpu.queue.submit([encoder.finish()]);
    await gpu.queue.onSubmittedWorkDone();
  }
});
