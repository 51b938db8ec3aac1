/**
 * Collects the kernels that one GPU would run, and has its driver compile them. A process of its own for each GPU, since which driver opens
 * follows from the environment: see gpus.ts. Takes a request and writes the answer, both as JSON files.
 */

import { fstatSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { create, globals } from 'webgpu';
import { Failures } from '../../src/engine/runtime/failures.ts';
import { openAdapter } from '../../src/engine/runtime/open.ts';
import { Pipelines } from '../../src/engine/runtime/pipelines.ts';
import { runtimeOf } from '../../src/engine/runtime/runtime.ts';
import { toggleFlags } from '../../src/engine/runtime/toggles.node.ts';
import { type CompiledFigures, figuresOf } from '../../src/inspector/compiled/figures.ts';
import { compiledGpus } from '../../src/inspector/compiled/gpus.ts';
import { idleAdapter } from '../../src/inspector/compiled/idle-adapter.ts';
import { type PipelineRecord, parseRecords } from '../../src/inspector/compiled/records.ts';
import { needsOf } from '../../src/inspector/kernels/estimate.ts';
import { collectKernels, type WorkGroup } from './collect.ts';

export interface CompileRequest {
  readonly gpu: string;
  readonly groups: readonly WorkGroup[];
  /** Only kernels whose name or use contains one of these; empty: all. */
  readonly only: readonly string[];
  /** A WGSL file to compile in place of all that. */
  readonly file: string | null;
  readonly assembly: boolean;
}

export interface CompiledKernelResult {
  readonly hash: string;
  readonly name: string;
  /** Name, constants and conditions: stays the same while the text of the kernel is worked on. */
  readonly key: string;
  readonly uses: readonly string[];
  readonly flops: number;
  /** What the driver said against it; null if it compiled. */
  readonly refused: string | null;
  readonly figures: CompiledFigures | null;
  /** Where it was asked for. */
  readonly assembly: string | null;
}

export interface CompileAnswer {
  /** The driver and its version. */
  readonly driver: string;
  readonly kernels: readonly CompiledKernelResult[];
}

/** The record of each pipeline as it is made. */
class Records {
  private readonly file = openSync(process.env.PIPELINE_STATISTICS!, 'a+');
  private position = 0;

  /** What was written since the last call. */
  next(): PipelineRecord[] {
    const written = Buffer.alloc(fstatSync(this.file).size - this.position);
    this.position += readSync(this.file, written, 0, written.length, this.position);
    return parseRecords(written);
  }
}

interface Candidate extends Pick<CompiledKernelResult, 'hash' | 'name' | 'key' | 'uses' | 'flops'> {
  readonly wgsl: string;
  compile(): Promise<unknown>;
}

async function main(): Promise<void> {
  const [requestFile, answerFile] = process.argv.slice(2) as [string, string];
  const request = JSON.parse(readFileSync(requestFile, 'utf8')) as CompileRequest;
  const { set, core } = compiledGpus.find(({ name }) => name === request.gpu)!;
  Object.assign(globalThis, globals);
  const instance = create(toggleFlags('safe'));
  const adapter = await instance.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null);
  if (!adapter) throw new Error('the driver opens no adapter');
  const { gpu } = runtimeOf(await openAdapter(adapter, { tune: 'off' }, () => null));
  const records = new Records();
  const kernels: CompiledKernelResult[] = [];
  for (const candidate of await candidates(gpu, adapter, request)) {
    const { wgsl, compile, ...facts } = candidate;
    const refused = await compile().then(
      () => null,
      (error: Error) => error.message,
    );
    const [record, ...more] = records.next();
    if (refused === null && (!record || more.length > 0))
      throw new Error(
        `the driver tells of ${record ? more.length + 1 : 0} pipelines where one was made, ${facts.name}`,
      );
    const workgroup = needsOf(wgsl).workgroupSize.reduce((product, extent) => product * extent);
    kernels.push({
      ...facts,
      refused,
      figures: refused === null ? figuresOf(record!, { set, core, workgroup }) : null,
      assembly: refused === null && request.assembly ? record!.assembly : null,
    });
  }
  const answer: CompileAnswer = { driver: adapter.info.description, kernels };
  writeFileSync(answerFile, JSON.stringify(answer));
}

async function candidates(
  gpu: GPUDevice,
  adapter: GPUAdapter,
  { groups, only, file }: CompileRequest,
): Promise<Candidate[]> {
  const failures = new Failures(gpu);
  if (file !== null) {
    const wgsl = readFileSync(file, 'utf8');
    const compile = async (): Promise<void> => {
      const module = gpu.createShaderModule({ code: wgsl });
      await gpu.createComputePipelineAsync({ layout: 'auto', compute: { module } });
    };
    return [{ hash: '', name: file, key: file, uses: [file], flops: 0, wgsl, compile }];
  }
  const idle = await openAdapter(idleAdapter(adapter), { tune: 'off' }, () => null);
  const pipelines = new Pipelines(gpu, failures);
  return collectKernels(idle, groups)
    .filter(
      ({ name, uses }) =>
        only.length === 0 ||
        only.some((text) => name.includes(text) || uses.some((use) => use.includes(text))),
    )
    .map(({ hash, name, uses, flops, wgsl, dispatch }) => {
      const kernel = pipelines.kernelOf(dispatch);
      const compile = (): Promise<void> => {
        void kernel.pipeline;
        return failures.throwFirst();
      };
      return { hash, name, key: kernel.key, uses, flops, wgsl, compile };
    });
}

try {
  await main();
  // Dawn's threads would keep the process.
  process.exit(0);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
