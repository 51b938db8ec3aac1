/** `npm run bench`: this engine against others, interleaved, on one adapter. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { dirname } from 'node:path';
import { globals } from 'webgpu';
import { makeFolders } from '../src/common/files.node.ts';
import { plotPng } from '../src/common/plot-frame.node.ts';
import { describeAdapter } from '../src/engine/runtime/adapter.ts';
import { runtimeOf } from '../src/engine/runtime/runtime.ts';
import { dawnToggles } from '../src/engine/runtime/toggles.node.ts';
import { rooflineText } from '../src/inspector/profile/bound.ts';
import { Peaks } from '../src/inspector/timing/peaks.ts';
import { type BenchCase, casesOf, isChosen, suites } from './cases.ts';
import { hostCostOf } from './host-cost.ts';
import { parityLosses } from './inputs.ts';
import { type MeasureOptions, measure } from './measure.ts';
import { contradiction, type Options, type PeerName, program } from './options.ts';
import { openEngine } from './peers/engine.ts';
import { openJax } from './peers/jax.ts';
import { offerGpu } from './peers/offer-gpu.ts';
import type { Peer } from './peers/peer.ts';
import { openTfjs } from './peers/tfjs.ts';
import { openTorch } from './peers/torch.ts';
import { installProbe } from './probe.ts';
import { caseTable, type Report, type Row, ratioChart, rowsOf } from './report.ts';

const openers: Readonly<Record<PeerName, () => Promise<Peer>>> = {
  'engine-fast': () => openEngine('fast', { tune: options.tune, adapter: options.adapter }),
  'tfjs-webgpu': () => openTfjs('webgpu'),
  'tfjs-webgpu-fast': async () => {
    await offerGpu('fast', options.adapter);
    const peer = await openTfjs('webgpu-fast');
    await offerGpu('safe', options.adapter);
    return peer;
  },
  'tfjs-wasm': () => openTfjs('wasm'),
  'tfjs-cpu': () => openTfjs('cpu'),
  'jax-webgpu': () => openJax('webgpu'),
  'jax-wasm': () => openJax('wasm'),
  'torch-cpu': () => openTorch('cpu'),
  'torch-cuda': () => openTorch('cuda'),
};
program.exitOverride();
let options: Options;
try {
  program.parse();
  options = program.opts<Options>();
} catch (error) {
  // Commander has printed what is wrong; help is no error.
  process.exit((error as { exitCode?: number }).exitCode ? 2 : 0);
}

const wrong = contradiction(program);
if (wrong !== undefined) {
  console.error(`bench: ${wrong}`);
  process.exit(2);
}
try {
  if (options.suite.includes('distributed')) await ranksAlone();
  else await main();
  process.exit(0);
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}

/** Ranks need the machine for themselves, and their results are others. */
async function ranksAlone(): Promise<void> {
  const { runDistributed } = await import('./distributed/suite.ts');
  await runDistributed(options);
}

async function main(): Promise<void> {
  Object.assign(globalThis, globals);
  installProbe();
  const cases = chosenCases();
  const engine = await openEngine('safe', { tune: options.tune, adapter: options.adapter });
  const { device } = engine;
  await offerGpu('safe', options.adapter);
  const adapter = describeAdapter(device.report);
  console.log(adapter);
  const peaks = Peaks.of(device);
  let roofline = await peaks.measured();
  runtimeOf(device).pool.trim();
  console.log(`peak    ${rooflineText(roofline)}: in registers, and copying`);
  const peers: Peer[] = [engine];
  for (const name of options.peers) {
    try {
      peers.push(await openers[name]());
    } catch (error) {
      console.log(`peer    ${name} is not there: ${(error as Error).message.split('\n')[0]}`);
    }
  }
  for (const mode of ['safe', 'fast'] as const) {
    const names = peers.filter((peer) => peer.mode === mode).map(({ name }) => name);
    if (names.length > 0) console.log(`toggles ${dawnToggles[mode].join(', ')}: ${names.join(', ')}`);
  }
  for (const { name, description } of peers) console.log(`peer    ${name}: ${description.split('\n')[0]}`);
  console.log(`tune    ${options.tune}`);
  const settings: MeasureOptions = {
    rounds: options.rounds,
    roundMs: options.roundMs,
    warmUp: parityLosses,
    tolerance: 1e-3,
  };
  const earlier = earlierReport(cases);
  const rows: Row[] = [...(earlier?.rows ?? [])];
  const write = (): void => {
    const report: Report = {
      date: new Date().toISOString().slice(0, 10),
      adapter,
      machine: `${os.cpus()[0]?.model.trim()}, ${os.availableParallelism()} cores, Node ${process.version}`,
      rounds: options.rounds,
      tune: options.tune,
      roofline,
      hostMicrosecondsPerDispatch: hostCost ?? earlier?.hostMicrosecondsPerDispatch ?? null,
      peers: {
        ...earlier?.peers,
        ...Object.fromEntries(peers.map(({ name, description }) => [name, description])),
      },
      toggles: {
        ...earlier?.toggles,
        ...Object.fromEntries(
          peers.flatMap(({ name, mode }) => (mode ? [[name, dawnToggles[mode]] as const] : [])),
        ),
      },
      rows,
    };
    if (options.json) save(options.json, `${JSON.stringify(report, null, 1)}\n`);
  };
  const hostCost = cases.some(({ suite }) => suite === 'step') ? await hostCostOf(device) : null;
  if (hostCost !== null)
    console.log(`host    ${hostCost.toFixed(2)} µs for each dispatch of a replayed step`);
  for (const benchCase of cases) {
    const timings = await measure(benchCase, peers, settings);
    const added = rowsOf(benchCase, timings, peers);
    rows.push(...added);
    // Either the machine was busy when the peak was measured, or Winograd does fewer operations than are counted.
    if (added.some(({ gflops }) => gflops !== null && gflops > roofline.gflops)) {
      roofline = await peaks.measureAgain();
      runtimeOf(device).pool.trim();
    }
    console.log(`\n${caseTable(added, roofline)}`);
    write();
  }
  if (options.svg) {
    const svg = ratioChart(rows, device.report.device);
    save(options.svg, options.svg.endsWith('.png') ? await plotPng(svg) : svg);
  }
  for (const peer of peers) await peer.close();
}

/** What the JSON file holds already, without the cases that are measured now. */
function earlierReport(cases: readonly BenchCase[]): Report | null {
  if (!options.append || !options.json || !existsSync(options.json)) return null;
  const report = JSON.parse(readFileSync(options.json, 'utf8')) as Report;
  const isMeasured = (row: Row): boolean =>
    cases.some(({ suite, name }) => suite === row.suite && name === row.case);
  return { ...report, rows: report.rows.filter((row) => !isMeasured(row)) };
}

function chosenCases(): BenchCase[] {
  const { suite, only, large } = options;
  const wanted = suites.filter((name) => suite.includes(name) || suite.includes('all'));
  const chosen = wanted.flatMap((name) => casesOf(name, large)).filter(({ name }) => isChosen(name, only));
  if (chosen.length === 0) throw new Error(`no case of ${suite.join(', ')} is called ${only.join(' or ')}`);
  return chosen;
}

function save(file: string, content: string | Uint8Array): void {
  makeFolders(dirname(file));
  writeFileSync(file, content);
}
