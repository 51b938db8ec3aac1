import { expect, test } from 'vitest';
import {
  checkImages,
  type Job,
  launchArguments,
  launchEnvironment,
  launcherOf,
  parseHosts,
  passedOn,
  rankCount,
} from '../../../src/normface/distributed/launch-line.ts';
import { findLauncher } from '../../../src/normface/distributed/launcher.node.ts';
import { environmentOf, ordersOf } from '../../../src/normface/distributed/orders.ts';

const openMpi = { path: '/usr/bin/mpirun', flavour: 'openmpi', version: '4.1.4' } as const;
const mpich = { path: '/usr/bin/mpiexec', flavour: 'mpich', version: '4.0.2' } as const;
const place = { isRoot: false, processors: 64, environment: {} };
const line = (job: Partial<Job>, there: Partial<typeof place> = {}) =>
  launchArguments(
    { launcher: openMpi, ranks: 4, program: ['node', 'cli.js', 'train'], ...job },
    { ...place, ...there },
  );

test('Open MPI on this host', () => {
  expect(line({}).join(' ')).toBe(
    '-np 4 --bind-to none --mca mpi_yield_when_idle 1 --mca oob_tcp_keepalive_time 10 --mca oob_tcp_keepalive_intvl 5 ' +
      '--mca oob_tcp_keepalive_probes 3 node cli.js train',
  );
  const quick = line({}, { environment: { OMPI_MCA_oob_tcp_keepalive_time: '2' } }).join(' ');
  expect(quick).not.toContain('keepalive_time');
  expect(quick).toContain('--mca oob_tcp_keepalive_intvl 5');
  expect(line({}, { isRoot: true })).toContain('--allow-run-as-root');
  expect(line({})).not.toContain('--oversubscribe');
  expect(line({}, { processors: 4 })).toContain('--oversubscribe');
});

test('Open MPI on other hosts', () => {
  const hosts = parseHosts('a:3, b.lan');
  const words = line({ hosts, rshAgent: '/bin/agent' }, { processors: 1 });
  expect(words.join(' ')).toContain('--host a:3,b.lan:1');
  expect(words.join(' ')).toContain('--mca plm_rsh_agent /bin/agent');
  // How many a host takes is said.
  expect(words).not.toContain('--oversubscribe');
});

test('MPICH', () => {
  expect(line({ launcher: mpich }).join(' ')).toBe('-np 4 node cli.js train');
  expect(line({ launcher: mpich, hosts: parseHosts('a:2,b:2'), rshAgent: 'agent' }).join(' ')).toBe(
    '-np 4 -hosts a:2,b:2 -launcher ssh -launcher-exec agent node cli.js train',
  );
});

test('variables of the driver go to all hosts, others do not', () => {
  const environment = {
    VK_ICD_FILENAMES: 'x',
    LP_NUM_THREADS: '1',
    HOME: '/root',
    PATH: '/bin',
    MESA_LOADER: 'y',
    XDG_SEAT: '0',
  };
  expect(passedOn(environment)).toEqual(['LP_NUM_THREADS', 'MESA_LOADER', 'VK_ICD_FILENAMES']);
  expect(line({}, { environment }).join(' ')).toContain(
    '-x LP_NUM_THREADS -x MESA_LOADER -x VK_ICD_FILENAMES node',
  );
});

test('UCX and colours are turned off unless somebody says otherwise', () => {
  expect(launchEnvironment({})).toEqual({ UCX_MEM_EVENTS: 'n', UCX_ERROR_SIGNALS: '', NO_COLOR: '1' });
  expect(launchEnvironment({ UCX_MEM_EVENTS: 'y' }).UCX_MEM_EVENTS).toBe('y');
});

test('hosts that are none are refused, and counts that differ', () => {
  for (const text of ['', 'a:0', 'a:b', 'a:1:2', 'a,,b', '-x', 'a b', 'a;b'])
    expect(() => parseHosts(text), text).toThrow('is not a host with its ranks');
  const hosts = parseHosts('a:2,b:2');
  expect(rankCount(undefined, hosts)).toBe(4);
  expect(rankCount(8, undefined)).toBe(8);
  expect(() => rankCount(3, hosts)).toThrow('--ranks 3, but --hosts has 4');
  for (const many of [
    () => rankCount(4097, undefined),
    () => rankCount(undefined, parseHosts('a:4000,b:97')),
  ])
    expect(many).toThrow('at most 4096 ranks, not 4097');
  expect(() => checkImages(9, 8)).toThrow('9 ranks need at least 9 images in a batch, not 8');
  expect(() => checkImages(8, 8)).not.toThrow();
});

test('launchers by what they print', () => {
  expect(launcherOf('f', 'mpirun.openmpi (OpenRTE) 4.1.4\n')).toMatchObject({
    flavour: 'openmpi',
    version: '4.1.4',
  });
  expect(launcherOf('f', 'mpirun (Open MPI) 5.0.3\n')).toMatchObject({
    flavour: 'openmpi',
    version: '5.0.3',
  });
  expect(launcherOf('f', 'HYDRA build details:\n    Version:         4.0.2\n')).toMatchObject({
    flavour: 'mpich',
    version: '4.0.2',
  });
  expect(launcherOf('f', 'hello')).toBeUndefined();
});

test('no launcher, and one that is none', () => {
  expect(() => findLauncher(undefined, { search: '/nowhere' })).toThrow(
    /MPI was not found: several ranks need mpirun; install /,
  );
  expect(() => findLauncher('mpich', { search: '/nowhere' })).toThrow('MPICH was not found');
  expect(() => findLauncher('/nowhere/mpirun')).toThrow('there is no such program');
  expect(() => findLauncher(process.execPath, { ask: () => 'v20' })).toThrow(
    "neither Open MPI's mpirun nor MPICH's",
  );
  expect(findLauncher(process.execPath, { ask: () => 'mpirun (Open MPI) 5.0.3' }).flavour).toBe('openmpi');
});

test('orders arrive as they were given', () => {
  const orders = { ranks: 8, job: 'j', attempt: 2, columns: 120, supervisor: { pid: 7, host: 'a.lan' } };
  expect(ordersOf(environmentOf(orders))).toEqual(orders);
  expect(ordersOf(environmentOf({ ...orders, columns: undefined }))?.columns).toBeUndefined();
  expect(ordersOf({})).toBeUndefined();
});
