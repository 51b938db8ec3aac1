/** A training on two hosts, under both launchers, and the link between them that is cut. */

import { describe, expect, test } from 'vitest';
import { families, findLauncher } from './launch.ts';
import { until } from './processes.ts';
import { Trainings } from './training.ts';
import { hosts, mayMakeHosts, TwoHosts } from './two-hosts.ts';

if (!mayMakeHosts)
  console.log('two hosts: skipped, since only root on Linux, with `ip`, can make namespaces');

const trainings = new Trainings([
  ...['--steps', '1000000', '--set', 'log.everySteps=1'],
  ...['--set', 'checkpoint.everySteps=100000'],
]);

/** Seconds after which a link without a word is given up: the launcher of Open MPI asks, MPICH's ranks run out of patience. */
const keepAlive = { OMPI_MCA_oob_tcp_keepalive_time: '2', OMPI_MCA_oob_tcp_keepalive_intvl: '1' };
const rankTimeout = { openmpi: 120, mpich: 8 };

// Both at a time: they wait most of it.
for (const family of families)
  describe.skipIf(!mayMakeHosts || !findLauncher(family))(family, { concurrent: true }, () => {
    test('the link is cut: the job ends by its keep-alive, and nothing is left on either host', async (context) => {
      const two = new TwoHosts(trainings, family, context);
      await until(
        () => 'the link',
        () => two.isUp(),
      );
      const words = ['--hosts', hosts, '--launcher', family, '--rsh-agent', two.rshAgent];
      const training = trainings.begin(
        `${family}-cut`,
        [...words, '--max-restarts', '0', '--rank-timeout', String(rankTimeout[family])],
        // MPICH takes two hosts with one name of the machine for one.
        { by: two.by, environment: { ...keepAlive, UCX_TLS: 'tcp,self' } },
      );
      await training.reaches(3);
      expect(two.onSecond().length).toBeGreaterThan(0);
      two.cut();
      const began = performance.now();
      const { status, text, left } = await training.ended;
      const seconds = (performance.now() - began) / 1000;
      await until(
        () => `the end of ${two.onSecond()} on the second host; ${text}`,
        () => two.onSecond().length === 0,
      );
      console.log(
        `${family}: the job ended ${seconds.toFixed(1)} s after the cut, the other host's part ${((performance.now() - began) / 1000).toFixed(1)} s`,
      );
      // The second host may still be at removing its shared memory.
      expect(left.processes).toEqual([]);
      expect(text).toMatch(/^left on a: $/m);
      expect(status).toBe(1);
      expect(text).toMatch(
        family === 'openmpi'
          ? /^normface: the ranks ended: the connection to \S+ is lost; the launcher ended with status \d+; no restart/m
          : /^normface: the ranks ended: rank 0 on host-a: MPI_\w+ has not ended after 8 s; .*the network is gone; no restart/m,
      );
    });
  });
