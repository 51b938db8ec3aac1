/** Sections that time cases of the benchmark: this engine, TensorFlow.js on the same adapter, PyTorch where it is found. */

import { durationText, significant } from '../../src/common/format.ts';
import { pairedRatio } from '../../src/common/paired-ratio.ts';
import type { OperandType } from '../../src/engine/runtime/options.ts';
import { median } from '../../src/inspector/timing/timing.ts';
import type { BenchCase } from '../cases.ts';
import { parityLosses } from '../inputs.ts';
import { measure, type Timing } from '../measure.ts';
import { type EnginePeer, openEngine } from '../peers/engine.ts';
import { offerGpu } from '../peers/offer-gpu.ts';
import type { Peer } from '../peers/peer.ts';
import { openTfjs } from '../peers/tfjs.ts';
import { openTorch } from '../peers/torch.ts';
import { ending } from './ending.ts';
import type { OpenOptions, Section } from './section.ts';

export interface MeasuredSection extends Pick<Section, 'name' | 'title' | 'about' | 'share'> {
  readonly cases: readonly BenchCase[];
  readonly operands?: OperandType;
}

/** One peer in one case. */
export interface MeasuredRow {
  readonly peer: string;
  /** Milliseconds, the median; null where it did not run or has other results. */
  readonly medianMs: number | null;
  readonly gflops: number | null;
  /** Its time over that of this engine, with the 95 % interval of the sign test; null where one is missing. */
  readonly ratio: { readonly median: number; readonly interval: readonly [number, number] | null } | null;
  readonly bytes: number | null;
  readonly dispatches: number | null;
  readonly remark: string;
}

const rounds = 7;
const roundMs = 60;

export function measuredSection({ cases, operands = 'f32', ...described }: MeasuredSection): Section {
  return {
    ...described,
    itemSeconds: 90,
    async open(options) {
      // Default variants: what a first run gets. Those that are measured are in the section of the tuner.
      const engine = await openEngine('safe', { ...options, tune: 'off', operands });
      const others = operands === 'f32' ? await openOthers(options) : [];
      const peers: readonly Peer[] = [engine, ...others];
      return {
        items: cases.map((benchCase) => ({
          name: benchCase.name,
          run: async () => {
            const timings = await measure(benchCase, peers, {
              rounds,
              roundMs,
              warmUp: parityLosses,
              tolerance: 1e-3,
            });
            const rows = timings.map((timing) => rowOf(benchCase, timing, timings[0]!));
            return {
              isRight: true,
              summary: rows.map(textOf).join('; '),
              data: { flops: benchCase.flops, rows },
            };
          },
        })),
        ...ending(engine.device),
        close: () => closeAll(engine, others),
      };
    },
  };
}

async function openOthers({ adapter }: OpenOptions): Promise<Peer[]> {
  await offerGpu('safe', adapter);
  const opened: Peer[] = [];
  for (const open of [() => openTfjs('webgpu'), () => openTorch('cuda')])
    await open().then(
      (peer) => opened.push(peer),
      () => {}, // a peer that is not installed is no fault of the adapter's
    );
  return opened;
}

async function closeAll(engine: EnginePeer, others: readonly Peer[]): Promise<void> {
  for (const peer of others) await peer.close();
  await engine.close();
}

function rowOf({ flops }: BenchCase, timing: Timing, ours: Timing): MeasuredRow {
  const { peer, times, bytes, dispatches, remark } = timing;
  const medianMs = times.length > 0 ? median(times) : null;
  const compared = timing !== ours && times.length > 0 && times.length === ours.times.length;
  const ratio = compared ? pairedRatio(times, ours.times) : null;
  return {
    peer,
    medianMs,
    gflops: medianMs !== null && flops > 0 ? flops / (1e6 * medianMs) : null,
    ratio: ratio && { median: ratio.median, interval: ratio.interval },
    bytes,
    dispatches,
    remark,
  };
}

function textOf({ peer, medianMs, gflops, ratio, remark }: MeasuredRow): string {
  if (medianMs === null) return `${peer}: ${remark}`;
  const rate = gflops === null ? '' : `, ${significant(gflops)} GFLOP/s`;
  return `${peer} ${durationText(1e3 * medianMs)}${rate}${ratio ? `, ${significant(ratio.median)}×` : ''}`;
}
