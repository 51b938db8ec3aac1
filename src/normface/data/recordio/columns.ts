/** Records in a file of millions: columns of numbers, which take a tenth of what objects would. */

/** The records of a file in the order in which they lie there. */
export interface RecordColumns {
  readonly count: number;
  /** Where the frame of each record begins. */
  readonly start: Float64Array;
  /** Bytes of the payload before the image. */
  readonly skip: Uint32Array;
  /** Bytes of the image. */
  readonly length: Uint32Array;
  /** How many labels stand in a list; 0: one, outside of a list. */
  readonly flag: Uint32Array;
  /** The label, or the first of the list. */
  readonly label: Float32Array;
  /** 1 for records of several parts. */
  readonly joined: Uint8Array;
}

/** One record of {@link RecordColumns}. */
export interface ScannedRecord {
  readonly start: number;
  readonly skip: number;
  readonly length: number;
  readonly flag: number;
  readonly label: number;
  readonly joined: boolean;
}

/** Columns that grow by doubling. */
export class GrowingColumns {
  #count = 0;
  #columns = allocate(1024);

  get count(): number {
    return this.#count;
  }

  add({ start, skip, length, flag, label, joined }: ScannedRecord): void {
    if (this.#count === this.#columns.start.length) this.#columns = grown(this.#columns);
    const columns = this.#columns;
    const row = this.#count++;
    columns.start[row] = start;
    columns.skip[row] = skip;
    columns.length[row] = length;
    columns.flag[row] = flag;
    columns.label[row] = label;
    columns.joined[row] = Number(joined);
  }

  finish(): RecordColumns {
    const { start, skip, length, flag, label, joined } = this.#columns;
    const count = this.#count;
    return {
      count,
      start: start.subarray(0, count),
      skip: skip.subarray(0, count),
      length: length.subarray(0, count),
      flag: flag.subarray(0, count),
      label: label.subarray(0, count),
      joined: joined.subarray(0, count),
    };
  }
}

type Columns = Omit<RecordColumns, 'count'>;

function allocate(capacity: number): Columns {
  return {
    start: new Float64Array(capacity),
    skip: new Uint32Array(capacity),
    length: new Uint32Array(capacity),
    flag: new Uint32Array(capacity),
    label: new Float32Array(capacity),
    joined: new Uint8Array(capacity),
  };
}

function grown(columns: Columns): Columns {
  const larger = allocate(2 * columns.start.length);
  larger.start.set(columns.start);
  larger.skip.set(columns.skip);
  larger.length.set(columns.length);
  larger.flag.set(columns.flag);
  larger.label.set(columns.label);
  larger.joined.set(columns.joined);
  return larger;
}
