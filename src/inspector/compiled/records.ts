/** What a driver told of the pipelines that it compiled, as scripts/gpu-compilers/pipeline_statistics.c writes it down. */

/** What a driver made of one kernel. */
export interface PipelineRecord {
  /** Invocations that run in lockstep: AMD's wave, Intel's SIMD width. */
  readonly subgroup: number;
  /** By the driver's own names. */
  readonly statistics: ReadonlyMap<string, number>;
  /** Empty where the driver shows none. */
  readonly assembly: string;
}

/**
 * Reads a file of records. A pipeline of which the driver says nothing has no record in it.
 *
 * @param bytes the whole file; lengths of texts are counted in bytes
 * @throws Error where it is cut off, or is no such file
 */
export function parseRecords(bytes: Uint8Array): PipelineRecord[] {
  const decoder = new TextDecoder();
  const records: PipelineRecord[] = [];
  let position = 0;
  const readLine = (): string => {
    const end = bytes.indexOf(0x0a, position);
    if (end < 0) throw new Error('the record of a pipeline has no end');
    const line = decoder.decode(bytes.subarray(position, end));
    position = end + 1;
    return line;
  };
  let open: { subgroup: number; statistics: Map<string, number>; assembly: string } | null = null;
  while (position < bytes.length) {
    const line = readLine();
    const [word, name = '', value = ''] = line.split('\t');
    if (word === 'executable') open = { subgroup: Number(value), statistics: new Map(), assembly: '' };
    else if (word === 'statistic' && open) open.statistics.set(name, Number(value));
    else if (word === 'text' && open) {
      const end = position + Number(value);
      open.assembly += decoder.decode(bytes.subarray(position, end));
      position = end + 1;
    } else if (word === 'end') {
      if (open) records.push(open);
      open = null;
    } else throw new Error(`"${line.slice(0, 80)}" does not belong into a record of a pipeline`);
  }
  if (open) throw new Error('the record of a pipeline has no end');
  return records;
}
