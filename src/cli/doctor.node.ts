/** `normface doctor`: does everything that a run needs work here? */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { UsageError } from '../common/errors.ts';
import { javascriptRuntime } from '../common/javascript-runtime.node.ts';
import { packageVersion } from '../normface/package.node.ts';
import { describeEnvironment } from '../normface/training/run/run-folder.node.ts';
import type { Context } from './context.node.ts';

interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
}

interface DoctorOptions {
  readonly mpi?: boolean;
  readonly ranks?: number;
  readonly hosts?: string;
  readonly launcher?: string;
  readonly rshAgent?: string;
}

export async function doctor(context: Context, { mpi, ...ranks }: DoctorOptions) {
  const [given] = Object.keys(ranks);
  if (mpi) return (await import('./doctor-mpi.node.ts')).doctorMpi(context, ranks);
  if (given !== undefined)
    throw new UsageError(`--${given === 'rshAgent' ? 'rsh-agent' : given} goes with --mpi`);
  const findings: Finding[] = [];
  const examine = async (what: string, look: () => Promise<string>): Promise<void> => {
    try {
      findings.push({ what, ok: true, detail: await look() });
    } catch (error) {
      findings.push({ what, ok: false, detail: (error as Error).message });
    }
    const { ok, detail } = findings.at(-1)!;
    context.say(`${ok ? 'ok  ' : 'FAIL'} ${what}: ${detail}`);
  };
  await examine('runtime', async () => `${javascriptRuntime()} on ${process.platform} ${process.arch}`);
  await examine('adapter', async () => {
    const { report } = await context.openDevice();
    return `${report.software ? 'a software driver' : 'a GPU'} opens`;
  });
  // Without an adapter the same sentence would come again.
  if (findings.at(-1)!.ok) await examine('computing', () => compute(context));
  await examine('image decoding', decode);
  await examine('disk', async () => {
    const { bavail, bsize } = fs.statfsSync('.');
    return `${((bavail * bsize) / 2 ** 30).toFixed(1)} GiB free in ${path.resolve('.')}`;
  });
  if (findings.some(({ ok }) => !ok)) context.exitCode = 1;
  const device = context.exitCode === 0 ? (await context.openDevice()).report : null;
  return { ok: context.exitCode === 0, findings, environment: describeEnvironment(packageVersion, device) };
}

/** Multiplies on the device and compares with what must come out. */
async function compute(context: Context): Promise<string> {
  const device = await context.openDevice();
  const { scale } = await import('../engine/ops/elementwise/scale.ts');
  const values = Float32Array.of(1, -2, 3.5);
  const start = performance.now();
  const result = await device.scope(() => scale(device.tensor(values, [3]), 2)).read();
  if (result.join() !== '2,-4,7')
    throw new Error(`2 × [${values.join(', ')}] came out as [${result.join(', ')}]`);
  return `a kernel compiled and ran correctly in ${Math.round(performance.now() - start)} ms`;
}

/** Encodes and decodes a picture. */
async function decode(): Promise<string> {
  const { default: sharp } = await import('sharp');
  const png = await sharp({ create: { width: 3, height: 2, channels: 3, background: '#102030' } })
    .png()
    .toBuffer();
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  if (info.width !== 3 || info.height !== 2 || data[2] !== 0x30)
    throw new Error('a PNG did not come back as written');
  return `sharp works, with ${os.availableParallelism()} cores for workers`;
}
