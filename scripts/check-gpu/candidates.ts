/** Opens the GPU that the environment leads to, and collects the kernels that are asked for. */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { create, globals } from 'webgpu';
import { Failures } from '../../src/engine/runtime/failures.ts';
import { linkKernel } from '../../src/engine/runtime/kernel.ts';
import { openAdapter } from '../../src/engine/runtime/open.ts';
import { type CompiledKernel, Pipelines } from '../../src/engine/runtime/pipelines.ts';
import { toggleFlags } from '../../src/engine/runtime/toggles.node.ts';
import { openIdle } from '../../src/inspector/compiled/idle-adapter.ts';
import { type CollectedKernel, collectKernels, type WorkGroup } from './collect.ts';

export interface KernelRequest {
  readonly groups: readonly WorkGroup[];
  /** Only kernels whose name or use contains one of these; empty: all. */
  readonly only: readonly string[];
  /** A WGSL file in place of all that; null: none. */
  readonly file: string | null;
}

export interface Candidate extends Pick<CollectedKernel, 'name' | 'uses' | 'flops'> {
  readonly kernel: CompiledKernel;
}

export interface OpenGpu {
  readonly gpu: GPUDevice;
  /** The driver and its version. */
  readonly driver: string;
  /** Where refusals wait. */
  readonly failures: Failures;
  readonly candidates: readonly Candidate[];
}

/** Dawn frees what the garbage collector takes, even while devices of it work: hold on to it. */
let instance: GPU;

/** @throws Error where no adapter opens */
export async function openCandidates({ groups, only, file }: KernelRequest): Promise<OpenGpu> {
  Object.assign(globalThis, globals);
  instance = create(toggleFlags('safe'));
  const adapter = await instance.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null);
  if (!adapter) throw new Error('the driver opens no adapter');
  const { gpu } = await openAdapter(adapter, { tune: 'off' }, () => null);
  const failures = new Failures(gpu);
  const pipelines = new Pipelines(gpu, failures);
  const driver = adapter.info.description;
  if (file !== null) {
    const name = path.basename(file, path.extname(file));
    const source = readFileSync(file, 'utf8');
    const kernel = pipelines.kernelOf(linkKernel({ name, source, file }, {}));
    return { gpu, driver, failures, candidates: [{ name, uses: [file], flops: 0, kernel }] };
  }
  // What the engine chooses follows from the adapter; memory and commands do not matter.
  const collected = collectKernels(await openIdle(adapter), groups);
  const isWanted = ({ name, uses }: CollectedKernel): boolean =>
    only.length === 0 || only.some((text) => [name, ...uses].some((place) => place.includes(text)));
  const wanted = collected.filter(isWanted);
  if (wanted.length === 0)
    throw new Error(`of ${collected.length} kernels none has ${only.join(' or ')} in its name or use`);
  // As the engine made them, of f16 and in windows where tensors are.
  const candidates = wanted.map(({ kernel, ...facts }) => ({
    ...facts,
    kernel: pipelines.kernelOf(kernel.linked),
  }));
  return { gpu, driver, failures, candidates };
}
