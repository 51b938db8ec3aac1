/**
 * How long a dispatch would take on a card, by arithmetic alone: an estimate of the best case that names its bound. It knows
 *
 *   the roofline       arithmetic at the peak, compulsory traffic at the memory's bandwidth
 *                      (Williams, Waterman & Patterson 2009, doi 10.1145/1498765.1498785)
 *   the tail           the busiest core has ⌈workgroups / cores⌉ of them, and the others wait for it
 *   the latency        too few invocations in flight do not fill pipelines and memory (Little's law: bytes in flight =
 *                      bandwidth · latency; Volkov 2016, "Understanding Latency Hiding on GPUs", section 4)
 *   the mix            instructions beside multiply-adds take issue slots
 *   the launch         what a dispatch costs that depends on the one before it
 *
 * It knows nothing of caches, bank conflicts, clocks that fall under load, and drivers that spill: real times are longer.
 */

import type { Needs } from '../kernels/estimate.ts';
import type { Card } from './cards.ts';

/** What the model assumes of every card; each a round number, none measured here. */
export const assumptions = {
  /** From the end of a dispatch to the start of the next one that reads its results. */
  launchMicroseconds: 4,
  /** Cycles from a multiply-add to the next one that needs its result. */
  arithmeticLatency: 4,
  /** Multiply-adds of an invocation that do not wait for each other: a vec4f. */
  independent: 4,
  memoryLatencyMicroseconds: 0.6,
  /** Bytes that an invocation has on their way at once: a vec4f. */
  bytesInFlight: 16,
  /** Registers of an invocation for addresses and loops, beside the variables of the kernel. */
  otherRegisters: 24,
  /** Share of multiply-adds among the instructions of the inner loop: of tiled products, and of all other kernels. */
  multiplyAddShare: { product: 0.8, other: 0.4 },
} as const;

/** What the model looks at. */
export interface Launch {
  readonly grid: readonly [number, number, number];
  readonly needs: Needs;
  readonly flops: number;
  /** Compulsory traffic. */
  readonly bytes: number;
  /** Whether it is a tiled product. */
  readonly isProduct: boolean;
}

export interface Estimate {
  readonly microseconds: number;
  readonly by: 'arithmetic' | 'memory' | 'launch';
  /** Workgroups that a core holds at once. */
  readonly resident: number;
  /** Work over what the cores could do while the busiest one works. */
  readonly balance: number;
}

/** The time of a dispatch on a card. */
export function estimateTime(card: Card, { grid, needs, flops, bytes, isProduct }: Launch): Estimate {
  const workgroups = grid.reduce((product, extent) => product * extent, 1);
  const invocations = needs.workgroupSize.reduce((product, extent) => product * extent, 1);
  const resident = residentWorkgroups(card, needs, invocations);
  const busiest = Math.ceil(workgroups / card.cores);
  const balance = workgroups / (busiest * card.cores);
  const inFlight = Math.min(resident, busiest) * invocations;
  const { independent, arithmeticLatency, multiplyAddShare } = assumptions;
  const issued = Math.min(1, (inFlight * independent) / (card.lanes * arithmeticLatency));
  const share = isProduct ? multiplyAddShare.product : multiplyAddShare.other;
  const arithmetic = flops / (1e3 * card.gflops * balance * issued * share);
  // A GB/s is 10³ bytes per µs.
  const wanted = 1e3 * card.gigabytesPerSecond * assumptions.memoryLatencyMicroseconds;
  const onTheWay = Math.min(card.cores, workgroups) * inFlight * assumptions.bytesInFlight;
  const memory = bytes / (1e3 * card.gigabytesPerSecond * Math.min(1, onTheWay / wanted));
  const work = Math.max(arithmetic, memory);
  const launch = assumptions.launchMicroseconds;
  const by = work < launch ? 'launch' : arithmetic >= memory ? 'arithmetic' : 'memory';
  return { microseconds: launch + work, by, resident, balance };
}

/** At least one: a workgroup that does not fit would not have been compiled. */
function residentWorkgroups({ holds }: Card, { registers, workgroupBytes }: Needs, invocations: number) {
  const perInvocation = registers + assumptions.otherRegisters;
  return Math.max(
    1,
    Math.min(
      holds.workgroups,
      Math.floor(holds.invocations / invocations),
      Math.floor(holds.registers / (invocations * perInvocation)),
      workgroupBytes > 0 ? Math.floor(holds.workgroupBytes / workgroupBytes) : holds.workgroups,
    ),
  );
}
