/** Starts the process that compiles for one GPU, and reads what it found. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { UserError } from '../../src/common/errors.ts';
import { compiledGpus } from '../../src/inspector/compiled/gpus.ts';
import type { CompileAnswer, CompileRequest } from './compile.ts';
import type { Toolchain } from './toolchain.ts';

/** Longer than the slowest driver takes for all kernels on a busy machine. */
const patienceMs = 30 * 60_000;

/**
 * @param program the bundled compile.ts
 * @throws UserError where the driver crashes, hangs or opens nothing
 */
export async function compileFor(
  toolchain: Toolchain,
  program: string,
  request: CompileRequest,
): Promise<CompileAnswer> {
  const gpu = compiledGpus.find(({ name }) => name === request.gpu)!;
  const folder = mkdtempSync(path.join(tmpdir(), 'normface-check-gpu-'));
  try {
    const file = (name: string): string => path.join(folder, name);
    writeFileSync(file('request.json'), JSON.stringify(request));
    const child = spawn(
      process.execPath,
      ['--enable-source-maps', program, file('request.json'), file('answer.json')],
      {
        env: { ...process.env, ...toolchain.environment(gpu, file('records.txt')) },
        stdio: ['ignore', 'ignore', 'pipe'],
        timeout: patienceMs,
      },
    );
    let output = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const [status, signal] = await once(child, 'close');
    if (status !== 0) {
      const last = output.trim().split('\n').at(-1);
      throw new UserError(`${gpu.title}: ${signal ? `the driver ended with ${signal}` : last}`);
    }
    return JSON.parse(readFileSync(file('answer.json'), 'utf8')) as CompileAnswer;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
