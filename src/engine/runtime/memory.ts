/** Bindings must start at multiples of this (the WebGPU default of minStorageBufferOffsetAlignment). */
export const bindingAlignment = 256;

export function align(bytes: number, alignment = bindingAlignment): number {
  return Math.ceil(bytes / alignment) * alignment;
}

/**
 * A range of GPU memory. Eager tensors own a pooled buffer; parameters share one buffer; the intermediates of a captured
 * step get theirs when the step's memory is planned.
 */
export class Storage {
  readonly bytes: number;
  /** What this is a range of; itself, except for windows. */
  readonly root: Storage;
  private memory: GPUBuffer | null;
  private start: number;
  private references = 0;
  private readonly free: ((storage: Storage) => void) | null;

  constructor(
    bytes: number,
    buffer: GPUBuffer | null,
    offset = 0,
    free: ((storage: Storage) => void) | null = null,
    root: Storage | null = null,
  ) {
    this.bytes = bytes;
    this.memory = buffer;
    this.start = offset;
    this.free = free;
    this.root = root ?? this;
  }

  /** null: not placed yet, or given back. */
  get buffer(): GPUBuffer | null {
    return this.root.memory;
  }

  /** Where it begins in the buffer, in bytes. */
  get offset(): number {
    return this.root === this ? this.start : this.root.start + this.start;
  }

  place(buffer: GPUBuffer, offset: number): void {
    this.memory = buffer;
    this.start = offset;
  }

  /** Nobody may read or write it any more. */
  revoke(): void {
    this.memory = null;
  }

  retain(): void {
    this.references++;
  }

  release(): void {
    if (--this.references === 0) this.free?.(this);
  }

  /** A range of the same memory, wherever that will be. The offset must be aligned to a binding. */
  window(offset: number, bytes: number): Storage {
    const inside = this.root === this ? 0 : this.start;
    return new Storage(bytes, null, inside + offset, null, this.root);
  }
}

/** Told of memory as it is allocated, to check kernels: see `testing/guard.ts`. */
export interface AllocationWatcher {
  /** Bytes to allocate behind the contents of every buffer. */
  readonly padding: number;
  /** @param isEmpty whether the contents, the first `bytes` of the buffer, are undefined rather than zero */
  allocated(buffer: GPUBuffer, bytes: number, isEmpty: boolean): void;
}

/** Sizes of pooled buffers: four steps per power of two, so that at most a fifth is wasted and sizes repeat. */
function bucketOf(bytes: number): number {
  const size = Math.max(bytes, bindingAlignment);
  const step = 2 ** Math.max(8, Math.floor(Math.log2(size)) - 2);
  return Math.ceil(size / step) * step;
}

/**
 * Reuses the buffers of eager tensors. A buffer given back may still be read by commands already recorded; since every later
 * use is recorded after them on the same queue, that is safe, and uploads submit what is pending first.
 */
export class BufferPool {
  private readonly create: (bytes: number) => GPUBuffer;
  private readonly maximumBytes: number;
  private readonly freeBuffers = new Map<number, GPUBuffer[]>();
  /** Buffers that the GPU has no memory for. */
  private readonly refused = new WeakSet<GPUBuffer>();
  watcher: AllocationWatcher | null = null;
  /** Bytes of live tensors. */
  used = 0;
  /** Bytes of all pooled buffers, live or free. */
  reserved = 0;
  /** Most bytes ever reserved. */
  peak = 0;

  constructor(create: (bytes: number) => GPUBuffer, maximumBytes = Number.POSITIVE_INFINITY) {
    this.create = create;
    this.maximumBytes = maximumBytes;
  }

  allocate(bytes: number): Storage {
    const wanted = bucketOf(bytes + (this.watcher?.padding ?? 0));
    const bucket = Math.max(bytes, Math.min(wanted, this.maximumBytes));
    let buffer = this.freeBuffers.get(bucket)?.pop();
    if (!buffer) {
      buffer = this.create(bucket);
      this.reserved += bucket;
      this.peak = Math.max(this.peak, this.reserved);
    }
    this.used += bucket;
    this.watcher?.allocated(buffer, bytes, true);
    return new Storage(bytes, buffer, 0, (storage) => this.recycle(storage));
  }

  private recycle(storage: Storage): void {
    const buffer = storage.buffer!;
    storage.revoke();
    this.used -= buffer.size;
    if (this.refused.has(buffer)) {
      this.reserved -= buffer.size;
      return;
    }
    const list = this.freeBuffers.get(buffer.size);
    if (list) list.push(buffer);
    else this.freeBuffers.set(buffer.size, [buffer]);
  }

  /** Destroys every free buffer. @param refused one that the GPU has no memory for, which must not be used again */
  trim(refused?: GPUBuffer): void {
    if (refused) this.refused.add(refused);
    for (const list of this.freeBuffers.values()) {
      for (const buffer of list) {
        this.reserved -= buffer.size;
        buffer.destroy();
      }
    }
    this.freeBuffers.clear();
  }
}

/** One intermediate of a captured step, as the planner sees it: first and last dispatch that touch it. */
export interface Lifetime {
  readonly bytes: number;
  /** What it is, for people: operator, binding and shape of its first use. */
  readonly label?: string;
  readonly first: number;
  readonly last: number;
  /** Lifetimes bound in the same dispatch with the other access (read against write): they need another block of memory. */
  readonly conflicts: ReadonlySet<Lifetime>;
}

export interface Placement {
  readonly block: number;
  readonly offset: number;
}

export interface MemoryPlan {
  readonly placements: ReadonlyMap<Lifetime, Placement>;
  /** Bytes of each block. */
  readonly blocks: readonly number[];
}

/**
 * Gives every lifetime an offset so that no two that overlap in time overlap in memory. Largest first, each at the lowest
 * offset that fits, in the block that grows least.
 *
 * WebGPU forbids one buffer to be bound read-only and writable in the same dispatch, whatever the ranges. So the arena is a
 * few blocks of memory (buffers), coloured such that inputs and outputs of a dispatch never share one: kernels keep their true access
 * modes, which drivers use to cache reads.
 */
export function planMemory(
  lifetimes: readonly Lifetime[],
  maximumBlockBytes = Number.POSITIVE_INFINITY,
): MemoryPlan {
  const placements = new Map<Lifetime, Placement>();
  const blocks: { bytes: number; residents: Lifetime[] }[] = [];
  const bySize = [...lifetimes].sort((a, b) => b.bytes - a.bytes || a.first - b.first);
  for (const lifetime of bySize) {
    const size = align(lifetime.bytes);
    const forbidden = new Set<number>();
    for (const other of lifetime.conflicts) {
      const placed = placements.get(other);
      if (placed) forbidden.add(placed.block);
    }
    let best: { block: number; offset: number; growth: number } | null = null;
    for (let block = 0; block < blocks.length; block++) {
      if (forbidden.has(block)) continue;
      const offset = lowestGap(blocks[block]!.residents, lifetime, size, placements);
      if (offset + size > maximumBlockBytes) continue;
      const growth = Math.max(0, offset + size - blocks[block]!.bytes);
      if (!best || growth < best.growth) best = { block, offset, growth };
    }
    if (!best) {
      blocks.push({ bytes: 0, residents: [] });
      best = { block: blocks.length - 1, offset: 0, growth: size };
    }
    placements.set(lifetime, { block: best.block, offset: best.offset });
    const block = blocks[best.block]!;
    block.bytes = Math.max(block.bytes, best.offset + size);
    block.residents.push(lifetime);
  }
  return { placements, blocks: blocks.map((block) => block.bytes) };
}

function lowestGap(
  residents: readonly Lifetime[],
  lifetime: Lifetime,
  size: number,
  placements: ReadonlyMap<Lifetime, Placement>,
): number {
  const busy = residents
    .filter((other) => other.first <= lifetime.last && lifetime.first <= other.last)
    .map((other) => ({ start: placements.get(other)!.offset, bytes: align(other.bytes) }))
    .sort((a, b) => a.start - b.start);
  let offset = 0;
  for (const range of busy) {
    if (offset + size <= range.start) break;
    offset = Math.max(offset, range.start + range.bytes);
  }
  return offset;
}
