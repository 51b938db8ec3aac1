import type { AdapterReport } from '../runtime/adapter.ts';
import type { Measurement, Measurements, TuneStore } from './measurements.ts';

/** What measurements are valid for: an adapter under one version of its driver. */
export function adapterIdentity(report: AdapterReport): Readonly<Record<string, string>> {
  const { vendor, architecture, device, description } = report;
  return { vendor, architecture, device, driver: description };
}

/** Measurements out of stored data; what is no measurement is left out, so that a damaged store costs time and nothing else. */
export function parseMeasurements(stored: unknown): Map<string, Measurement> {
  const entries = Object.entries((stored ?? {}) as Record<string, Partial<Measurement> | null>);
  return new Map(
    entries.flatMap(([key, value]): [string, Measurement][] => {
      const { winner, milliseconds, failed, doubtful } = value ?? {};
      if (typeof winner !== 'string' || !isRecord(milliseconds)) return [];
      const doubts = Object.entries(isRecord(doubtful) ? doubtful : {}).filter(([, doubt]) =>
        isRecord(doubt),
      );
      return [
        [
          key,
          {
            winner,
            milliseconds,
            ...(isRecord(failed) && { failed }),
            ...(doubts.length > 0 && { doubtful: Object.fromEntries(doubts) }),
          },
        ],
      ];
    }),
  );
}

const isRecord = <T>(value: T | null | undefined): value is T & object =>
  typeof value === 'object' && value !== null;

const databaseName = 'normface-tune';
const storeName = 'adapters';

/** Keeps measurements in the browser's IndexedDB, one record an adapter; null where there is none. */
export function indexedDbStore(report: AdapterReport): TuneStore | null {
  if (typeof indexedDB === 'undefined') return null;
  const id = JSON.stringify(adapterIdentity(report));
  return {
    location: `IndexedDB ${databaseName}`,
    async load() {
      const database = await open();
      try {
        return parseMeasurements(
          await settled(database.transaction(storeName).objectStore(storeName).get(id)),
        );
      } finally {
        database.close();
      }
    },
    async save(measurements: Measurements) {
      const database = await open();
      try {
        // One transaction, so that two pages do not undo each other's additions.
        const store = database.transaction(storeName, 'readwrite').objectStore(storeName);
        const known = parseMeasurements(await settled(store.get(id)));
        await settled(store.put(Object.fromEntries([...known, ...measurements]), id));
      } finally {
        database.close();
      }
    },
  };
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(databaseName, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(storeName);
  return settled(request);
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
