/** Functions of MPI as functions of JavaScript. */

import type { Abi } from './abi.ts';
import type { Library, NativeFunction, NativeValue } from './library.node.ts';

/** A function of MPI that did not succeed. Numbers of errors differ between libraries; their classes and texts say what is meant. */
export class MpiError extends Error {
  override name = 'MpiError';
  readonly function: string;
  readonly code: number;
  readonly class: number;
  /** What the library calls it. */
  readonly text: string;

  constructor(name: string, code: number, errorClass: number, text: string) {
    super(`${name}: ${text} (code ${code}, class ${errorClass})`);
    this.function = name;
    this.code = code;
    this.class = errorClass;
    this.text = text;
  }
}

const address = 'void *';

/** Parameters of the functions, by MPI 3.1, annex A.2: addresses, `int`, and `handle` for whatever handles are. */
const signatures = {
  MPI_Get_library_version: [address, address],
  MPI_Initialized: [address],
  MPI_Init_thread: [address, address, 'int', address],
  MPI_Finalize: [],
  MPI_Abort: ['handle', 'int'],
  MPI_Error_string: ['int', address, address],
  MPI_Error_class: ['int', address],
  MPI_Comm_rank: ['handle', address],
  MPI_Comm_size: ['handle', address],
  MPI_Comm_set_errhandler: ['handle', 'handle'],
  MPI_Comm_split_type: ['handle', 'int', 'int', 'handle', address],
  MPI_Comm_free: [address],
  MPI_Barrier: ['handle'],
  MPI_Bcast: [address, 'int', 'handle', 'int', 'handle'],
  MPI_Reduce: [address, address, 'int', 'handle', 'handle', 'int', 'handle'],
  MPI_Allreduce: [address, address, 'int', 'handle', 'handle', 'handle'],
  MPI_Allgather: [address, 'int', 'handle', address, 'int', 'handle', 'handle'],
  MPI_Allgatherv: [address, 'int', 'handle', address, address, address, 'handle', 'handle'],
  MPI_Reduce_scatter: [address, address, address, 'handle', 'handle', 'handle'],
  MPI_Alltoall: [address, 'int', 'handle', address, 'int', 'handle', 'handle'],
} as const;

export type MpiFunction = keyof typeof signatures;

/** A call on another thread that has not returned yet. */
export interface Pending {
  readonly name: MpiFunction;
  /** By `performance.now()`. */
  readonly since: number;
  /** koffi does not keep arrays from the garbage collector while they are written to. */
  readonly values: readonly NativeValue[];
}

/** The functions, one call at a time: at least `MPI_THREAD_SERIALIZED` is promised to the library, and no more is needed. */
export class Binding {
  readonly file: string;
  readonly abi: Abi;
  /** Such as `Open MPI 4.1.4`. */
  readonly version: string;
  pending: Pending | null = null;
  private readonly functions: ReadonlyMap<MpiFunction, NativeFunction>;

  constructor({ file, abi, declare }: Library) {
    this.file = file;
    this.abi = abi;
    const declared = Object.entries(signatures).map(([name, types]) => {
      const native = types.map((type) => (type === 'handle' ? abi.handle : type));
      return [name as MpiFunction, declare(name, native)] as const;
    });
    this.functions = new Map(declared);
    this.version = versionOf(
      this.text(8192, (bytes, length) => this.call('MPI_Get_library_version', bytes, length)),
    );
  }

  /** Calls a function and waits, which the whole process does. @throws MpiError */
  call(name: MpiFunction, ...values: NativeValue[]): void {
    this.check(name, this.functionNamed(name)(...values));
  }

  /** Calls a function on another thread; the call before must have returned. Rejects with {@link MpiError}. */
  async start(name: MpiFunction, ...values: NativeValue[]): Promise<void> {
    if (this.pending) throw new Error(`${name} was called while ${this.pending.name} runs`);
    this.pending = { name, since: performance.now(), values };
    try {
      const code = await new Promise<number>((resolve, reject) => {
        this.functionNamed(name).async(...values, (error, result) =>
          error ? reject(error) : resolve(result),
        );
      });
      this.check(name, code);
    } finally {
      this.pending = null;
    }
  }

  private functionNamed(name: MpiFunction): NativeFunction {
    const found = this.functions.get(name);
    if (!found) throw new Error(`${name} is not declared`);
    return found;
  }

  private check(name: MpiFunction, code: number): void {
    if (code === 0) return;
    const errorClass = new Int32Array(1);
    this.functionNamed('MPI_Error_class')(code, errorClass);
    const text = this.text(8192, (bytes, length) =>
      this.functionNamed('MPI_Error_string')(code, bytes, length),
    );
    throw new MpiError(name, code, errorClass[0]!, text);
  }

  /** The text that a function writes. */
  private text(most: number, write: (bytes: Uint8Array, length: Int32Array) => void): string {
    const bytes = new Uint8Array(most);
    const length = new Int32Array(1);
    write(bytes, length);
    return new TextDecoder('latin1').decode(bytes.subarray(0, length[0])).replaceAll('\0', '').trim();
  }
}

/** Open MPI says `Open MPI v4.1.4, package: …`, MPICH `MPICH Version:	4.0.2` and more lines. */
function versionOf(text: string): string {
  const [, name, version] = /^(.*?)\s*(?:Version:\s*|\bv)(\d[\w.]*)/.exec(text) ?? [];
  return name && version ? `${name} ${version}` : text.split('\n')[0]!.slice(0, 80);
}
