/** The program of a rank: makes a training step, and does as many of them as it is told, round by round. */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hash32 } from '../../src/engine/core/random.ts';
import type { Communicator, Traffic } from '../../src/engine/distributed/communicator.ts';
import { rangeOf } from '../../src/engine/distributed/range.ts';
import { describeAdapter } from '../../src/engine/runtime/adapter.ts';
import { openDevice } from '../../src/engine/runtime/device.node.ts';
import type { ExchangeTimes } from '../../src/engine/runtime/exchange.ts';
import { explainEnd, joinRanks, whenAskedToStop } from '../../src/normface/distributed/rank.node.ts';
import { StepRecorder } from '../../src/normface/distributed/step-recorder.ts';
import { type RankRecord, TrainingGroup } from '../../src/normface/distributed/training-group.ts';
import { parseConfig } from '../../src/normface/training/config/config.ts';
import { Model } from '../../src/normface/training/model.ts';
import { stepExchange } from '../../src/normface/training/run/step-exchange.ts';
import {
  endFile,
  ordersVariable,
  type RankOrders,
  type RankRound,
  type Round,
  rankFile,
  roundFile,
  stepFile,
} from './orders.ts';

/** How often a rank looks for what to do next. */
const pause = 20;

const orders = JSON.parse(process.env[ordersVariable]!) as RankOrders;
try {
  const ranks = await joinRanks();
  // When the benchmark is gone, which only rank 0 hears of.
  whenAskedToStop(() => fs.writeFileSync(path.join(orders.folder, endFile), ''));
  await work(ranks);
  await ranks.close();
  // Drivers may keep threads that would keep the process.
  process.exit(0);
} catch (error) {
  explainEnd(error instanceof Error ? error.message : String(error));
  throw error;
}

async function work(ranks: Communicator): Promise<void> {
  const { folder, classes, adapter } = orders;
  const config = parseConfig(orders.config);
  const { batchSize } = config;
  const device = await openDevice({ tune: 'off', adapter });
  const recorder = new StepRecorder((steps) => write(folder, stepFile, steps));
  const group = new TrainingGroup(ranks, { host: os.hostname(), recorder });
  // Once, after the last step.
  group.reportEvery = Number.POSITIVE_INFINITY;
  let times: RankRecord | null = null;
  group.onRecord = (record) => {
    times = record;
  };
  const exchanges: ExchangeTimes[] = [];
  const noteExchange = group.noteExchange.bind(group);
  group.noteExchange = (each) => {
    exchanges.push(each);
    noteExchange(each);
  };
  const model = new Model(device, config, classes, ranks.size > 1 ? stepExchange(group, config) : null);
  await model.compile();
  const [height, width] = config.data.imageSize;
  const { first, count } = rangeOf(batchSize, ranks.size, ranks.rank);
  const imageBytes = height * width * 4;
  const pixels = Uint8Array.from({ length: count * imageBytes }, (_, i) =>
    hash32(1, 1, first * imageBytes + i),
  );
  let step = 0;
  for (let round = 0; ; round++) {
    const asked = await nextRound(folder, round);
    if (!asked) break;
    const { steps, records } = asked;
    exchanges.length = 0;
    await ranks.barrier();
    const before = { ...ranks.traffic };
    const began = performance.now();
    let pending: Promise<unknown> = Promise.resolve();
    for (let i = 0; i < steps; i++, step++) {
      if (records && i === steps - 1) recorder.choose(step, step + 1);
      const labels = Uint32Array.from({ length: count }, (_, row) => hash32(2, step, first + row) % classes);
      // As in a training, the next one is given before this one is waited for.
      const submitted = model.step({ pixels, labels }, 0.001, step);
      await pending;
      pending = submitted;
    }
    await pending;
    const milliseconds = performance.now() - began;
    const sent = perStep(before, ranks.traffic, steps);
    times = null;
    await group.report(step);
    const buckets = exchanges.filter(({ name }) => name.startsWith('gradients, bucket'));
    const sum = (of: (each: ExchangeTimes) => number) =>
      buckets.reduce((all, each) => all + Math.max(0, of(each)), 0) / steps;
    const result: RankRound = {
      ...{ milliseconds, sent, times },
      exchanged: sum(({ started, done }) => done - started),
      hidden: sum(({ started, done, idle }) => Math.min(done, idle) - started),
      peakBytes: peakBytes(),
      modelBytes: model.memoryBytes,
      adapter: describeAdapter(device.report),
    };
    write(folder, rankFile(round, ranks.rank), result);
  }
  model.dispose();
  device.close();
}

async function nextRound(folder: string, round: number): Promise<Round | null> {
  const file = path.join(folder, roundFile(round));
  for (;;) {
    if (fs.existsSync(file)) return JSON.parse(fs.readFileSync(file, 'utf8')) as Round;
    if (fs.existsSync(path.join(folder, endFile))) return null;
    await sleep(pause);
  }
}

/** As a whole or not at all: somebody waits for it. */
function write(folder: string, name: string, value: unknown): void {
  const file = path.join(folder, name);
  fs.writeFileSync(`${file}.part`, JSON.stringify(value));
  fs.renameSync(`${file}.part`, file);
}

function perStep(before: Traffic, after: Traffic, steps: number): Traffic {
  const names = Object.keys(after) as (keyof Traffic)[];
  return Object.fromEntries(names.map((name) => [name, (after[name] - before[name]) / steps])) as Traffic;
}

function peakBytes(): number | null {
  try {
    const found = /^VmHWM:\s*(\d+) kB/m.exec(fs.readFileSync('/proc/self/status', 'utf8'));
    return found ? 1024 * Number(found[1]) : null;
  } catch {
    return null;
  }
}
