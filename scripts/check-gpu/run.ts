/** Starts the processes that compile, and reads what they found. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { UserError } from '../../src/common/errors.ts';
import { compiledGpus } from '../../src/inspector/compiled/gpus.ts';
import type { KernelRequest } from './candidates.ts';
import type { CompileAnswer, CompileRequest } from './compile.ts';
import { softwareEnvironment, type Toolchain } from './toolchain.ts';

/** Longer than the slowest driver takes for all kernels on a busy machine. */
const patienceMs = 30 * 60_000;

/** Begins the line that such a process writes before it compiles a kernel. */
export const kernelMark = '@@@ ';

/**
 * Has the driver of a GPU compile kernels.
 *
 * @param programs folder of the bundled compile.ts and software.ts
 * @throws UserError where the driver crashes, hangs or opens nothing
 * @throws MissingToolError without the driver
 */
export async function compileFor(
  toolchain: Toolchain,
  programs: string,
  request: CompileRequest,
): Promise<CompileAnswer> {
  const gpu = compiledGpus.find(({ name }) => name === request.gpu)!;
  return inFolder(async (file) => {
    const environment = toolchain.environment(gpu, file('records.txt'));
    await runProgram(path.join(programs, 'compile.js'), { request, file, environment, title: gpu.title });
    return JSON.parse(readFileSync(file('answer.json'), 'utf8')) as CompileAnswer;
  });
}

/** What Mesa's software driver makes of kernels: a text for each. */
export async function softwareAssembly(programs: string, request: KernelRequest): Promise<string[]> {
  return inFolder(async (file) => {
    const environment = softwareEnvironment();
    const output = await runProgram(path.join(programs, 'software.js'), {
      request,
      file,
      environment,
      title: 'llvmpipe',
    });
    return output.split(new RegExp(`^${kernelMark}`, 'm')).slice(1);
  });
}

async function inFolder<T>(body: (file: (name: string) => string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'normface-check-gpu-'));
  try {
    return await body((name) => path.join(folder, name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns what it wrote to its standard error output */
async function runProgram(
  program: string,
  run: {
    readonly request: KernelRequest;
    readonly file: (name: string) => string;
    readonly environment: Readonly<Record<string, string>>;
    /** Of the GPU, for messages. */
    readonly title: string;
  },
): Promise<string> {
  const { request, file, environment, title } = run;
  writeFileSync(file('request.json'), JSON.stringify(request));
  const child = spawn(process.execPath, [program, file('request.json'), file('answer.json')], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: patienceMs,
  });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [status, signal] = await once(child, 'close');
  if (status === 0) return output;
  const lines = output.trim().split('\n');
  const kernel = lines.findLast((line) => line.startsWith(kernelMark))?.slice(kernelMark.length);
  const end = `the process of the driver ended with ${signal}${kernel ? ` at ${kernel}` : ''}`;
  throw new UserError(`${title}: ${signal ? end : lines.at(-1)}`);
}

/** What such a process does, from its request to its answer. An error is its last line. */
export async function reportedTo(
  body: (requestFile: string, answerFile: string) => Promise<void>,
): Promise<never> {
  const [requestFile, answerFile] = process.argv.slice(2) as [string, string];
  try {
    await body(requestFile, answerFile);
  } catch (error) {
    console.error(error instanceof Error ? error.message.replaceAll('\n', ' ') : error);
    process.exit(1);
  }
  // Dawn's threads would keep the process.
  process.exit(0);
}
