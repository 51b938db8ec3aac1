/** The suite `distributed`: steps of the same training on more and more ranks, in interleaved rounds. */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { makeFolders, replaceFile } from '../../src/common/files.node.ts';
import { bytesText } from '../../src/common/format.ts';
import { plotPng } from '../../src/common/plot-frame.node.ts';
import { timeInRounds } from '../../src/common/rounds.ts';
import type { Flavour, Launcher } from '../../src/normface/distributed/launch-line.ts';
import { findLauncher, titles } from '../../src/normface/distributed/launcher.node.ts';
import { traceOfRanks } from '../../src/normface/distributed/ranks-trace.ts';
import type { RankStep } from '../../src/normface/distributed/step-recorder.ts';
import { isChosen } from '../cases.ts';
import { manyPeopleCases, type RanksCase, scalingCases } from './cases.ts';
import { planOf, type RanksRow, type RanksTiming, rowOf, rowsTable } from './figures.ts';
import { RanksJob } from './job.ts';
import { LinkedNamespaces } from './namespaces.ts';
import { stepPicture } from './picture.ts';

export interface DistributedOptions {
  readonly rounds: number;
  readonly only: readonly string[];
  readonly launcher?: Flavour;
  readonly namespaces: boolean;
  readonly large: boolean;
  readonly json?: string;
  readonly svg?: string;
  readonly trace?: string;
  readonly append: boolean;
  readonly adapter?: string;
}

export interface DistributedReport {
  readonly date: string;
  readonly machine: string;
  readonly adapter: string;
  /** What lies between the ranks. */
  readonly link: string;
  readonly launchers: Readonly<Record<string, string>>;
  readonly rows: readonly RanksRow[];
}

/** Processes of this many bytes beside what the engine counts: Node, the driver, kernels, staging. */
const bytesOfProcess = 400e6;

/** @throws UserError where there is no MPI, or no namespaces can be made */
export async function runDistributed(options: DistributedOptions): Promise<void> {
  const launchers = findLaunchers(options.launcher);
  const link = options.namespaces ? new LinkedNamespaces() : undefined;
  const jobs = new Set<RanksJob>();
  let ending: Promise<void> | undefined;
  const end = async () => {
    await Promise.all(Array.from(jobs, (job) => job.kill()));
    link?.remove();
  };
  const onSignal = () => {
    // Asked twice, it does not wait for the ranks.
    if (ending) process.exit(130);
    ending = end().finally(() => process.exit(130));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  try {
    await runCases(options, { launchers, link, jobs });
  } finally {
    // The rounds fail when their ranks are ended.
    await (ending ?? end());
  }
}

interface Running {
  readonly launchers: readonly Launcher[];
  readonly link: LinkedNamespaces | undefined;
  readonly jobs: Set<RanksJob>;
}

async function runCases(options: DistributedOptions, { launchers, link, jobs }: Running): Promise<void> {
  const { rounds, only, large, json, svg, trace, append, adapter } = options;
  const where = link ? 'link' : 'here';
  // Many people take long: one MPI tells as much as two.
  const groups = (large ? launchers.slice(0, 1) : launchers).flatMap((launcher) => {
    const { flavour } = launcher;
    // Many people one after the other: each takes most of the memory.
    const cases = large ? manyPeopleCases(flavour).map((each) => [each]) : [scalingCases(flavour, where)];
    return cases
      .map((group) => group.filter(({ name }) => isChosen(name, only)))
      .filter((group) => group.length > 0)
      .map((group) => ({ launcher, group }));
  });
  if (groups.length === 0) throw new Error(`no case of distributed is called ${only.join(' or ')}`);
  let report: DistributedReport | undefined;
  const earlier = append && json && fs.existsSync(json) ? (readJson(json) as DistributedReport) : undefined;
  const rows: RanksRow[] = [];
  for (const [number, { launcher, group }] of groups.entries()) {
    const timings = new Map<string, RanksTiming[]>();
    const started: [RanksCase, RanksJob][] = [];
    let recorded: RankStep[] | undefined;
    let device = '';
    try {
      for (const each of group) {
        if (large) checkMemory(each);
        const hosts = link?.hostsFor(each.ranks);
        const job = new RanksJob(each, { launcher, hosts, adapter });
        jobs.add(job);
        started.push([each, job]);
        // Kernels are compiled, and the first steps differ from later ones.
        const [first] = await job.run({ steps: large ? 1 : 3, records: false });
        device = first!.adapter;
        console.log(`ready   ${each.name}`);
      }
      const round = async ([each, job]: [RanksCase, RanksJob]): Promise<number> => {
        const before = link?.bytesOut() ?? 0;
        const ranks = await job.run({ steps: each.steps, records: false });
        const milliseconds = Math.max(...ranks.map((rank) => rank.milliseconds)) / each.steps;
        const linkBytes = link ? (link.bytesOut() - before) / each.steps : null;
        timings.set(each.name, [...(timings.get(each.name) ?? []), { milliseconds, ranks, linkBytes }]);
        return milliseconds;
      };
      await timeInRounds(
        started.map((pair) => () => round(pair)),
        large ? Math.min(2, rounds) : rounds,
      );
      const two = started.find(([{ ranks }]) => ranks === 2);
      if (!two && (svg || trace)) console.log('no step is drawn: none of the cases has 2 ranks');
      if (two && (svg || trace)) {
        await two[1].run({ steps: 3, records: true });
        recorded = await two[1].recorded();
      }
    } finally {
      for (const [, job] of started) {
        await job.close();
        jobs.delete(job);
      }
    }
    for (const [each] of started) {
      const one = each.one === null ? undefined : timings.get(each.one);
      rows.push(rowOf(each, timings.get(each.name)!, one));
    }
    report = reportOf(rows, { launchers, link, device, earlier });
    if (groups[number + 1]?.launcher !== launcher) {
      const own = rows.filter((row) => row.launcher === launcher.flavour);
      console.log(`\n${rowsTable(own, `${report.link}, ${titles[launcher.flavour]} ${launcher.version}`)}`);
    }
    if (json) save(json, `${JSON.stringify(report, null, 1)}\n`);
    if (recorded && launcher === launchers[0]) await drawStep(recorded, { svg, trace });
  }
}

function reportOf(
  rows: readonly RanksRow[],
  {
    launchers,
    link,
    device,
    earlier,
  }: Pick<Running, 'launchers' | 'link'> & { device: string; earlier: DistributedReport | undefined },
): DistributedReport {
  const threads = process.env.LP_NUM_THREADS ?? '1';
  const kept = earlier?.rows.filter((row) => !rows.some((each) => each.case === row.case)) ?? [];
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `${os.cpus()[0]?.model.trim()}, ${os.availableParallelism()} cores, Node ${process.version}, LP_NUM_THREADS=${threads} a rank`,
    adapter: device,
    link: link?.description ?? 'one host',
    launchers: Object.fromEntries(launchers.map(({ flavour, version }) => [flavour, version])),
    rows: [...kept, ...rows],
  };
}

/** Those that are there; the others are told of. */
function findLaunchers(wanted: Flavour | undefined): Launcher[] {
  const found: Launcher[] = [];
  const missing: Error[] = [];
  for (const flavour of wanted ? [wanted] : (['openmpi', 'mpich'] as const)) {
    try {
      found.push(findLauncher(flavour));
    } catch (error) {
      missing.push(error as Error);
    }
  }
  // Says so.
  if (found.length === 0) return [findLauncher(wanted)];
  for (const { message } of missing) console.log(`without ${message}`);
  for (const { flavour, version, path: file } of found)
    console.log(`ranks   ${titles[flavour]} ${version} (${file})`);
  return found;
}

/** @throws Error where the ranks of a case would need more memory than there is: the system would end some process, maybe another one */
function checkMemory(ranksCase: RanksCase): void {
  const { memory } = planOf(ranksCase);
  const planned = Object.values(memory).reduce((sum, bytes) => sum + bytes, 0);
  // What is written to the GPU at the start is there a second time, in the memory of the process.
  const needed = ranksCase.ranks * (bytesOfProcess + planned + 2 * memory.parameters);
  const free = freeBytes();
  if (needed > free)
    throw new Error(
      `${ranksCase.name} may need ${bytesText(needed)} of memory, and ${bytesText(free)} are free: --only chooses cases`,
    );
}

/** What can be had without moving anything to a disk. */
function freeBytes(): number {
  try {
    const found = /^MemAvailable:\s*(\d+) kB/m.exec(fs.readFileSync('/proc/meminfo', 'utf8'));
    return found ? 1024 * Number(found[1]) : os.freemem();
  } catch {
    return os.freemem();
  }
}

async function drawStep(
  steps: readonly RankStep[],
  { svg, trace }: { svg: string | undefined; trace: string | undefined },
): Promise<void> {
  if (trace) save(trace, JSON.stringify(traceOfRanks(steps)));
  if (!svg) return;
  const picture = stepPicture(steps);
  if (!svg.endsWith('.png')) save(svg, picture);
  else {
    save(svg, await plotPng(picture));
    save(svg.replace(/\.png$/, '-dark.png'), await plotPng(picture, 'dark'));
  }
}

function save(file: string, content: string | Uint8Array): void {
  makeFolders(path.dirname(file));
  replaceFile(file, content);
}

const readJson = (file: string): unknown => JSON.parse(fs.readFileSync(file, 'utf8'));
