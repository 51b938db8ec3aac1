/** The images of a RecordIO file: columns of numbers, of which samples are made when they are asked for. */

import type { Dataset, Remark, Sample, Source } from '../dataset.ts';

/** Images sorted by class and key. Row i of each column tells of image i. */
export interface ImageTable {
  /** Class names in class order. */
  readonly identities: readonly string[];
  /** Class of each image. */
  readonly label: Uint32Array;
  /** Key of each image in the index. */
  readonly key: Uint32Array;
  /** Where the image begins; where its record begins if that has several parts. */
  readonly offset: Float64Array;
  /** Bytes of the image; of a record of several parts, bytes before the image. */
  readonly extent: Uint32Array;
  /** 1 for records of several parts. */
  readonly joined: Uint8Array;
  readonly remarks: readonly Remark[];
}

/** The images of a table as a data set. @param path the RecordIO file, absolute */
export function datasetOfTable(name: string, path: string, table: ImageTable): Dataset {
  const digits = String(table.key.reduce((most, key) => Math.max(most, key), 0)).length;
  const file: RecordFile = { path, table, digits };
  const samples: Sample[] = new Array(table.key.length);
  for (let row = 0; row < samples.length; row++)
    samples[row] = new RecordSample(file, row, table.label[row]!);
  return { name, identities: table.identities, samples, remarks: table.remarks, isNumbered: true };
}

/** What the samples of one file share. */
interface RecordFile {
  readonly path: string;
  readonly table: ImageTable;
  /** Keys are written with so many digits, so that their order as texts is that of the numbers. */
  readonly digits: number;
}

/** One image: three fields instead of a name and a source, of which millions would take several times the memory. */
class RecordSample implements Sample {
  readonly identity: number;
  readonly #file: RecordFile;
  readonly #row: number;

  constructor(file: RecordFile, row: number, identity: number) {
    this.#file = file;
    this.#row = row;
    this.identity = identity;
  }

  get key(): string {
    const { table, digits } = this.#file;
    const name = table.identities[table.label[this.#row]!]!;
    return `${name}/${String(table.key[this.#row]).padStart(digits, '0')}`;
  }

  get source(): Source {
    const { path, table } = this.#file;
    const offset = table.offset[this.#row]!;
    const extent = table.extent[this.#row]!;
    return table.joined[this.#row] === 1
      ? { kind: 'record', path, offset, skip: extent }
      : { kind: 'range', path, offset, length: extent };
  }

  withIdentity(identity: number): Sample {
    return new RecordSample(this.#file, this.#row, identity);
  }
}
