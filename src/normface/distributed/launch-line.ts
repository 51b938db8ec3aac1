/** The command line that starts the ranks, as arguments of Open MPI's `mpirun` or MPICH's `mpiexec` (Hydra). */

import { UsageError } from '../../common/errors.ts';
import type { Environment } from './orders.ts';

export type Flavour = 'openmpi' | 'mpich';

export interface Launcher {
  readonly path: string;
  readonly flavour: Flavour;
  /** Such as 4.1.4. */
  readonly version: string;
}

export interface HostRanks {
  readonly host: string;
  readonly ranks: number;
}

export interface Job {
  readonly launcher: Launcher;
  readonly ranks: number;
  /** Where; all on this host without it. */
  readonly hosts?: readonly HostRanks[];
  /** What starts a program on another host in the place of ssh. */
  readonly rshAgent?: string;
  /** The program and its words. */
  readonly program: readonly string[];
}

/** What the line depends on beside the job. */
export interface Place {
  readonly isRoot: boolean;
  /** Processors that this host has, threads of a core included. */
  readonly processors: number;
  readonly environment: Environment;
}

/**
 * Seconds after which a link is given up: so long without a word, then so many questions so far apart. The ranks' own watchdog must be
 * slower: an abort over a dead link can hang the launcher.
 */
const keepAlive = { oob_tcp_keepalive_time: 10, oob_tcp_keepalive_intvl: 5, oob_tcp_keepalive_probes: 3 };

export function launchArguments(job: Job, place: Place): string[] {
  return job.launcher.flavour === 'openmpi' ? openMpi(job, place) : mpich(job);
}

function openMpi({ ranks, hosts, rshAgent, program }: Job, place: Place): string[] {
  // What somebody has set for Open MPI stays.
  const set = (name: string, value: string | number) =>
    place.environment[`OMPI_MCA_${name}`] === undefined ? ['--mca', name, String(value)] : [];
  // Slots are cores of which each may have two threads, and how many the launcher sees only it knows.
  const mayExceedSlots = !hosts && 2 * ranks > place.processors;
  return [
    ...['-np', String(ranks)],
    ...(hosts ? ['--host', hostList(hosts)] : []),
    ...(place.isRoot ? ['--allow-run-as-root'] : []),
    ...(mayExceedSlots ? ['--oversubscribe'] : []),
    // Without it one or two ranks get one core each, for all threads of Node and the driver.
    ...['--bind-to', 'none'],
    ...set('mpi_yield_when_idle', 1),
    ...Object.entries(keepAlive).flatMap(([name, value]) => set(name, value)),
    ...(rshAgent === undefined ? [] : ['--mca', 'plm_rsh_agent', rshAgent]),
    // Only its own variables get to other hosts by themselves.
    ...passedOn(place.environment).flatMap((name) => ['-x', name]),
    ...program,
  ];
}

function mpich({ ranks, hosts, rshAgent, program }: Job): string[] {
  return [
    ...['-np', String(ranks)],
    ...(hosts ? ['-hosts', hostList(hosts)] : []),
    ...(hosts ? ['-launcher', 'ssh'] : []),
    ...(rshAgent === undefined ? [] : ['-launcher-exec', rshAgent]),
    ...program,
  ];
}

const hostList = (hosts: readonly HostRanks[]) => hosts.map(({ host, ranks }) => `${host}:${ranks}`).join();

const passed =
  /^(?:VK_.*|MESA_.*|LP_NUM_THREADS|DRI_PRIME|XDG_RUNTIME_DIR|XDG_DATA_DIRS|XDG_CACHE_HOME|NORMFACE_.*|UCX_.*|NODE_.*|UV_THREADPOOL_SIZE|DEBUG|NO_COLOR|LD_LIBRARY_PATH)$/;

/** Variables of the driver, of Node and of this program, which the ranks on all hosts must see, in the order of their names. */
export function passedOn(environment: Environment): string[] {
  return Object.keys(environment)
    .filter((name) => passed.test(name) && environment[name] !== undefined)
    .sort();
}

/**
 * The environment of the launcher: what is set stays. UCX, by which MPICH talks, changes functions of the C library while other threads
 * run, and takes the signal by which V8 learns that WebAssembly left its memory: both is turned off.
 */
export function launchEnvironment(environment: Environment): Environment {
  return { UCX_MEM_EVENTS: 'n', UCX_ERROR_SIGNALS: '', NO_COLOR: '1', ...environment };
}

const hostName = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;

/** Reads `a:4,b:4`; a host without a number has one rank. @throws UsageError */
export function parseHosts(text: string): HostRanks[] {
  return text.split(',').map((part) => {
    const [host = '', ranks = '1', ...rest] = part.trim().split(':');
    if (!hostName.test(host) || !/^[1-9]\d{0,5}$/.test(ranks) || rest.length > 0)
      throw new UsageError(`--hosts ${text}: "${part}" is not a host with its ranks, such as a:4`);
    return { host, ranks: Number(ranks) };
  });
}

/** Largest clusters that train one net have fewer. */
const mostRanks = 4096;

/** Ranks that are asked for. @throws UsageError where both are given and differ, or there are too many */
export function rankCount(ranks: number | undefined, hosts: readonly HostRanks[] | undefined): number {
  const onHosts = hosts?.reduce((sum, host) => sum + host.ranks, 0);
  if (ranks !== undefined && onHosts !== undefined && ranks !== onHosts)
    throw new UsageError(`--ranks ${ranks}, but --hosts has ${onHosts}`);
  const count = onHosts ?? ranks ?? 1;
  // A slip of the hand would start processes until the memory is full.
  if (count > mostRanks) throw new UsageError(`at most ${mostRanks} ranks, not ${count}`);
  return count;
}

/** @throws UsageError where a rank would have no image of a step */
export function checkImages(ranks: number, batchSize: number): void {
  if (batchSize < ranks)
    throw new UsageError(`${ranks} ranks need at least ${ranks} images in a batch, not ${batchSize}`);
}

/** Which launcher prints this for `--version`. */
export function launcherOf(path: string, text: string): Launcher | undefined {
  const openMpi = /(?:\(OpenRTE\)|\(Open MPI\)|\(PRRTE\)) (\d[\w.]*)/.exec(text);
  if (openMpi) return { path, flavour: 'openmpi', version: openMpi[1]! };
  const hydra = /HYDRA build details[\s\S]*?Version:\s*(\d[\w.]*)/.exec(text);
  return hydra ? { path, flavour: 'mpich', version: hydra[1]! } : undefined;
}
