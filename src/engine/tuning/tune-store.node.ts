import { readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../../common/cache-folder.node.ts';
import { makeFolders } from '../../common/files.node.ts';
import { DeviceError } from '../core/errors.ts';
import type { AdapterReport } from '../runtime/adapter.ts';
import type { TuneStore } from './measurements.ts';
import { adapterIdentity, parseMeasurements } from './tune-store.ts';

/** Keeps measurements in a JSON file for each adapter and version of its driver; a missing or damaged one counts as empty. Saving throws DeviceError if it cannot be written. */
export function fileStore(report: AdapterReport): TuneStore {
  const adapter = adapterIdentity(report);
  const name = Object.values(adapter)
    .join(' ')
    .replaceAll(/[^\w.]+/g, '-')
    .slice(0, 120)
    .toLowerCase();
  const file = join(cacheFolder(), 'tune', `${name}.json`);
  const read = async () => {
    try {
      const stored = JSON.parse(await readFile(file, 'utf8')) as { measurements?: unknown };
      return parseMeasurements(stored.measurements);
    } catch {
      return new Map();
    }
  };
  return {
    location: file,
    load: read,
    async save(measurements) {
      // Read again: another process may have added to it. Renamed into place: a reader never sees half a file.
      const all = [...(await read()), ...measurements].sort(([a], [b]) => (a < b ? -1 : 1));
      const part = `${file}.${process.pid}`;
      try {
        makeFolders(dirname(file));
        await writeFile(
          part,
          `${JSON.stringify({ adapter, measurements: Object.fromEntries(all) }, null, 1)}\n`,
        );
        await rename(part, file);
      } catch (error) {
        throw new DeviceError(`the measurements of kernels cannot be stored: ${(error as Error).message}`);
      }
    },
  };
}
