/** What processes that train together say to each other. Nothing here knows of MPI, GPUs or nets. */

/** How the values of all ranks become one. */
export type Reduction = 'sum' | 'max' | 'min';

/** Arrays in the memory of the host; bytes stand for what a communicator need not understand, such as numbers in 16 bits. */
export type HostArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

/** Bytes that a rank has sent so far, by operation, counted at the calls as a ring sends them: see {@link ringBytes}. */
export type Traffic = Readonly<Record<Collective, number>>;

/** What the ranks of a group do together. */
export type Collective = 'allReduce' | 'allGather' | 'reduceScatter' | 'broadcast' | 'allToAll' | 'barrier';

/**
 * A group of processes, each with a number, its rank, that call the same operations in the same order. Operations run one after the
 * other in the order of the calls, whether or not the one before is awaited; arrays belong to the operation until its promise is
 * fulfilled. All ranks get the same bits. An operation that fails is the end of the process: there is no group that goes on without it.
 */
export interface Communicator {
  /** From 0 to `size` − 1. */
  readonly rank: number;
  readonly size: number;
  /** Rank among the processes on this host, and how many these are. */
  readonly localRank: number;
  readonly localSize: number;
  /** For messages: `local`, `in-process`, or library and version of MPI. */
  readonly backend: string;
  readonly traffic: Traffic;

  /** In place; on all ranks the sum, maximum or minimum over the ranks, element by element. */
  allReduce(values: HostArray, reduction?: Reduction): Promise<void>;

  /**
   * The parts of all ranks, one after the other by rank.
   * @param counts elements of each rank's part; without them all parts are as long as `part`
   */
  allGather(part: HostArray, all: HostArray, counts?: Int32Array): Promise<void>;

  /** The reduction over the ranks of `all`, of which each rank gets its part of `counts` elements. */
  reduceScatter(all: HostArray, part: HostArray, counts: Int32Array, reduction?: Reduction): Promise<void>;

  /** What `values` holds on the rank `root` (default 0), on all ranks. */
  broadcast(values: HostArray, root?: number): Promise<void>;

  /** Part r of `send` goes to rank r, whose part is put in the place of the sender's rank; all parts are of equal length. */
  allToAll(send: Uint8Array, receive: Uint8Array): Promise<void>;

  /** Waits until all ranks are here. */
  barrier(): Promise<void>;

  /** Ends all ranks at once, with an exit status from 1 to 255 and a sentence that says why. */
  abort(status: number, reason: string): never;

  /** Ends the membership in good order: waits until all ranks do. Nothing may be called after it. */
  close(): Promise<void>;
}

/**
 * Bytes that each of `size` ranks sends where `bytes` are combined as rings do it: an all-reduce sends 2(N − 1)/N of its array,
 * all-gather and reduce-scatter (N − 1)/N of the whole one (Patarasuk and Yuan, "Bandwidth optimal all-reduce algorithms for
 * clusters of workstations", Journal of Parallel and Distributed Computing 69 (2009), section 3).
 * @param bytes of the array of all ranks
 */
export function ringBytes(collective: Collective, bytes: number, size: number): number {
  if (collective === 'barrier') return 0;
  const share = (size - 1) / size;
  return collective === 'allReduce' ? 2 * share * bytes : share * bytes;
}

/** Bytes of all operations together that a rank has sent so far. */
export function bytesSent({ traffic }: Pick<Communicator, 'traffic'>): number {
  return Object.values(traffic).reduce((sum, bytes) => sum + bytes, 0);
}
