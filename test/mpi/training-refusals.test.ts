/** Ranks that cannot train together, under both launchers: the job ends at its start, with a sentence and the status of one process. */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { families, findLauncher } from './launch.ts';
import { withOneRank } from './one-rank.ts';
import { program, type Training, Trainings } from './training.ts';

const trainings = new Trainings(['--steps', '4']);

/** The libraries of the other family, by their names for the dynamic linker. */
const otherLibrary = { openmpi: 'libmpich.so.12', mpich: 'libmpi.so.40' };

for (const family of families)
  describe.skipIf(!findLauncher(family))(family, () => {
    /** @returns what it printed */
    async function expectRefusal(training: Training, expected: number): Promise<string> {
      const { status, text, left } = await training.ended;
      expect(status, text).toBe(expected);
      expect(left).toEqual({ processes: [], files: [] });
      expect(text).not.toContain('restart');
      expect(fs.existsSync(training.folder)).toBe(false);
      return text;
    }

    /** A training in which rank 1 does something before it starts. */
    const begin = (name: string, action: string) =>
      trainings.begin(`${family}-${name}`, withOneRank(trainings, family, name, action));

    test('a rank that cannot open an adapter', async () => {
      const nowhere = trainings.write('no-driver.json', '{}');
      const training = begin('adapter', `export VK_ICD_FILENAMES='${nowhere}' VK_DRIVER_FILES='${nowhere}'`);
      const text = await expectRefusal(training, 1);
      expect(text).toMatch(/^rank 1: normface: no WebGPU adapter was found/m);
      expect(text).toMatch(/^normface: the ranks ended: rank 1 on \S+: no WebGPU adapter was found/m);
    });

    test('a rank with another configuration: both values are named', async () => {
      const text = await expectRefusal(begin('settings', 'set -- "$@" --lr 0.02'), 2);
      expect(text).toMatch(
        /the setting optimiser\.learningRate must be the same on all ranks, but it is "0.05" on rank 0, and "0.02" on rank 1\n/,
      );
    });

    test('a rank with another version: both are named', async () => {
      const other = fs.mkdtempSync(path.join(os.tmpdir(), 'nf-other-'));
      onTestFinished(() => fs.rmSync(other, { recursive: true }));
      const root = path.resolve(program, '../..');
      fs.cpSync(path.dirname(program), path.join(other, 'dist'), { recursive: true });
      fs.symlinkSync(path.join(root, 'node_modules'), path.join(other, 'node_modules'));
      const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
      fs.writeFileSync(
        path.join(other, 'package.json'),
        JSON.stringify({ ...manifest, version: '0.0.1-other' }),
      );
      const training = begin('version', `node="$1"; shift 2; set -- "$node" '${other}/dist/cli.js' "$@"`);
      expect(await expectRefusal(training, 2)).toContain(
        `the version of normface must be the same on all ranks, but it is "${manifest.version}" on rank 0, and "0.0.1-other" on rank 1\n`,
      );
    });

    test.runIf(findLauncher(family === 'openmpi' ? 'mpich' : 'openmpi'))(
      'a launcher of one MPI with the library of the other',
      async () => {
        const training = trainings.begin(`${family}-library`, ['--ranks', '2', '--launcher', family], {
          environment: { MPI_LIB: otherLibrary[family] },
        });
        expect(await expectRefusal(training, 2)).toMatch(
          /^normface: the ranks ended: rank \d on \S+: .* has started 2 processes, of which .* sees 1: library and launcher do not belong together; name the right library with MPI_LIB$/m,
        );
      },
    );
  });
