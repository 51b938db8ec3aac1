/**
 * Has the driver of one GPU compile kernels. A process of its own for each GPU, since which driver opens follows from the environment: see
 * toolchain.ts. Takes a request and writes the answer, both as JSON files.
 */

import { fstatSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { type CompiledFigures, figuresOf } from '../../src/inspector/compiled/figures.ts';
import { compiledGpus } from '../../src/inspector/compiled/gpus.ts';
import { type PipelineRecord, parseRecords } from '../../src/inspector/compiled/records.ts';
import { needsOf } from '../../src/inspector/kernels/estimate.ts';
import { type KernelRequest, openCandidates } from './candidates.ts';
import { kernelMark, reportedTo } from './run.ts';

export interface CompileRequest extends KernelRequest {
  /** Of `compiledGpus`. */
  readonly gpu: string;
  readonly assembly: boolean;
}

export interface CompileResult {
  /** File and mainloop. */
  readonly name: string;
  /** Name, constants and conditions: stays the same while the text of the kernel is worked on. */
  readonly key: string;
  /** Where it is dispatched. */
  readonly uses: readonly string[];
  /** Floating-point operations of its most expensive dispatch. */
  readonly flops: number;
  /** What was said against it; null if it compiled. */
  readonly refused: string | null;
  /** null if it was refused. */
  readonly figures: CompiledFigures | null;
  /** Where it was asked for. */
  readonly assembly: string | null;
}

export interface CompileAnswer {
  /** The driver and its version. */
  readonly driver: string;
  readonly kernels: readonly CompileResult[];
}

/** The file that the layer writes to, read as it grows. */
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

await reportedTo(async (requestFile, answerFile) => {
  const request = JSON.parse(readFileSync(requestFile, 'utf8')) as CompileRequest;
  const { set, core } = compiledGpus.find(({ name }) => name === request.gpu)!;
  const { driver, failures, candidates } = await openCandidates(request);
  const records = new Records();
  const kernels: CompileResult[] = [];
  for (const { name, uses, flops, kernel } of candidates) {
    // Should the driver crash.
    writeSync(2, `${kernelMark}${name} (${uses[0]})\n`);
    const facts = { name, key: kernel.key, uses, flops };
    void kernel.pipeline;
    const refused = await failures.throwFirst().then(
      () => null,
      (error: Error) => error.message,
    );
    const made = records.next();
    if (refused !== null) {
      kernels.push({ ...facts, refused, figures: null, assembly: null });
      continue;
    }
    if (made.length !== 1)
      throw new Error(`the driver tells of ${made.length} pipelines where one was made, ${name}`);
    const [record] = made as [PipelineRecord];
    const workgroup = needsOf(kernel.wgsl).workgroupSize.reduce((product, extent) => product * extent);
    const figures = figuresOf(record, { set, core, workgroup });
    kernels.push({ ...facts, refused, figures, assembly: request.assembly ? record.assembly : null });
  }
  const answer: CompileAnswer = { driver, kernels };
  writeFileSync(answerFile, JSON.stringify(answer));
});
