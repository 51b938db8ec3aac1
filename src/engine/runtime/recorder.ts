import { DeviceError, formatShape } from '../core/errors.ts';
import type { Tensor } from '../core/tensor.ts';
import type { AdapterReport } from './adapter.ts';
import { CapturedStep, type StepHost } from './captured-step.ts';
import { type Exchange, overlap, type PlacedExchange } from './exchange.ts';
import { type Lifetime, type MemoryPlan, type Placement, planMemory, Storage } from './memory.ts';
import { type PreparedDispatch, passText } from './prepared.ts';

/** The device that a step is recorded on, as far as the recorder needs it. */
export interface RecorderHost extends StepHost {
  readonly report: AdapterReport;
  createBuffer(bytes: number): GPUBuffer;
}

interface Intermediate extends Lifetime {
  label: string;
  first: number;
  last: number;
  readonly conflicts: Set<Intermediate>;
}

/** Collects the dispatches of a step while its function runs. */
export class Recorder {
  private readonly device: RecorderHost;
  readonly dispatches: PreparedDispatch[] = [];
  private readonly intermediates = new Map<Storage, Intermediate>();
  readonly exchanges: PlacedExchange[] = [];
  /** Views made on the way: of intermediates, and of tensors that exist outside. */
  readonly views: Tensor[] = [];

  constructor(device: RecorderHost) {
    this.device = device;
  }

  /** Memory that the plan will place. */
  allocate(bytes: number): Storage {
    const storage = new Storage(bytes, null);
    this.intermediates.set(storage, {
      bytes,
      label: '',
      first: Number.POSITIVE_INFINITY,
      last: -1,
      conflicts: new Set(),
    });
    return storage;
  }

  /** Whether this is memory of the step that is being recorded. */
  owns(storage: Storage): boolean {
    return this.intermediates.has(storage.root);
  }

  push(dispatch: PreparedDispatch): void {
    this.dispatches.push(dispatch);
  }

  /** Places an exchange whose results what comes next may use: it begins behind the last dispatch that writes what it reads. */
  exchange(exchange: Exchange): void {
    const end = this.dispatches.length;
    const isRead = (written: Storage) => exchange.reads.some(({ storage }) => overlap(storage, written));
    const writer = this.dispatches.findLastIndex(({ kernel, tensors }) =>
      tensors.some(({ storage }, i) => kernel.bindings[i]!.writable && isRead(storage)),
    );
    const earlier = this.exchanges.filter((placed) =>
      placed.exchange.writes.some(({ storage }) => isRead(storage)),
    );
    const begin = Math.max(writer + 1, ...earlier.map((placed) => placed.end));
    this.exchanges.push({ exchange, begin, end });
  }

  finish<T>(outputs: T, kept: readonly Tensor[]): CapturedStep<T> {
    const { plan, placements } = this.plan(kept);
    const blocks = plan.blocks.map((bytes) => this.device.createBuffer(bytes));
    for (const [storage, { block, offset }] of placements) storage.place(blocks[block]!, offset);
    const step = new CapturedStep(this.device, outputs, this, plan, blocks);
    // Others may share the memory of what is not returned: nobody must read or write it from outside.
    const returned = new Set(kept.map(({ storage }) => storage.root));
    for (const storage of placements.keys()) if (!returned.has(storage)) storage.revoke();
    return step;
  }

  /** Where the memory of the step goes that its dispatches touch. */
  plan(kept: readonly Tensor[] = []): {
    readonly plan: MemoryPlan;
    readonly placements: ReadonlyMap<Storage, Placement>;
  } {
    this.findLifetimes(kept);
    const used = [...this.intermediates].filter(([, lifetime]) => lifetime.last >= 0);
    const plan = planMemory(
      used.map(([, lifetime]) => lifetime),
      this.device.report.limits.maxBufferSize,
    );
    const placements = used.map(([storage, lifetime]) => [storage, plan.placements.get(lifetime)!] as const);
    return { plan, placements: new Map(placements) };
  }

  private findLifetimes(kept: readonly Tensor[]): void {
    this.dispatches.forEach((dispatch, index) => {
      const { kernel, tensors } = dispatch;
      const read: Intermediate[] = [];
      const written: Intermediate[] = [];
      tensors.forEach((tensor, position) => {
        const lifetime = this.intermediates.get(tensor.storage.root);
        if (!lifetime) return;
        lifetime.first = Math.min(lifetime.first, index);
        lifetime.last = index;
        const { name } = kernel.bindings[position]!;
        lifetime.label ||= `${passText(dispatch)}: ${name} ${formatShape(tensor.shape)}`;
        (kernel.bindings[position]!.writable ? written : read).push(lifetime);
      });
      for (const input of read) {
        for (const output of written) {
          if (input === output)
            throw new DeviceError(
              `kernel ${kernel.name} reads and writes the same tensor through two bindings`,
            );
          input.conflicts.add(output);
          output.conflicts.add(input);
        }
      }
    });
    for (const { exchange, begin, end } of this.exchanges) {
      // At this dispatch others may be written: what is read must not share memory with them.
      this.touch(exchange.reads, begin, `${exchange.name}, read`);
      this.touch(exchange.writes, end, `${exchange.name}, written`);
    }
    for (const tensor of kept) {
      const lifetime = this.intermediates.get(tensor.storage.root);
      if (lifetime) lifetime.last = this.dispatches.length;
    }
  }
  /** The host uses intermediates at a dispatch. */
  private touch(tensors: Exchange['reads'], index: number, label: string): void {
    for (const { storage } of tensors) {
      const lifetime = this.intermediates.get(storage.root);
      if (!lifetime) continue;
      lifetime.first = Math.min(lifetime.first, index);
      lifetime.last = Math.max(lifetime.last, index);
      lifetime.label ||= label;
    }
  }
}
