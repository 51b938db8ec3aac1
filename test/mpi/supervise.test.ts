/** The supervisor with the launchers of both families: what they make of ranks and of their output. Other ends: training-*.test.ts. */

import { describe, expect, test } from 'vitest';
import { findLauncher } from '../../src/normface/distributed/launcher.node.ts';
import { superviseStubs } from '../normface/distributed/trial.ts';
import { bundledPrograms, families, findLauncher as isInstalled, type MpiName } from './launch.ts';

const program = bundledPrograms({ stub: 'test/normface/distributed/stub-rank.ts' });

/** Runs two stub ranks, of which one does what `what` says. */
const trial = (family: MpiName, what: string) =>
  superviseStubs(what, {
    ...{ stub: program('stub'), launcher: findLauncher(family) },
    patience: { abort: 2, terminate: 1 },
  });

for (const family of families)
  describe.skipIf(!isInstalled(family))(family, () => {
    test('ranks that work', async () => {
      const { status, stdout, stderr, left } = await trial(family, 'works');
      expect({ status, stderr, left }).toEqual({ status: 0, stderr: [], left: [] });
      expect(stdout).toMatch(/^attempt 1 works \S+ \n$/);
    });

    test('a rank that is killed: named, and started again with the other', async () => {
      const { status, restarts, stdout, stderr, warnings, left } = await trial(family, 'dies-once');
      expect(stdout).toMatch(/^attempt 1 \S+ \S+ \nattempt 2 \S+ \S+ {2}resumes \S+\n$/);
      expect({ status, restarts, stderr, left }).toEqual({ status: 0, restarts: 1, stderr: [], left: [] });
      expect(warnings).toEqual([
        expect.stringMatching(
          /^(rank 1 on \S+ ended by signal|a rank on \S+ ended with code) 9; .*restart 1 of 2/,
        ),
      ]);
    });
  });
