/** `normface doctor --mpi`: can several ranks work here? Starts some, which say what they see and how fast they talk. */

import os from 'node:os';
import { bytesText, countText, durationText, significant } from '../common/format.ts';
import { formatTable } from '../common/table.ts';
import { measureAllReduce } from '../engine/distributed/bandwidth.ts';
import type { Communicator } from '../engine/distributed/communicator.ts';
import { describeAdapter } from '../engine/runtime/adapter.ts';
import { joinRanks, launchedRank } from '../normface/distributed/rank.node.ts';
import type { Context } from './context.node.ts';
import { type RankOptions, superviseCommand } from './supervise-command.node.ts';
import { supervisorOptions, withoutOptions } from './words.ts';

/** Milliseconds that a rank waits for the others, which have a device to open: who asks what is wrong wants to hear it. */
const patience = 60_000;

export async function doctorMpi(context: Context, options: RankOptions) {
  if (launchedRank()) return examine(context);
  const words = withoutOptions(context.words, supervisorOptions);
  await superviseCommand(context, { ranks: 2, ...options, maxRestarts: 0 }, () => words);
  return undefined;
}

/** What a rank does: all of them the same, and rank 0 prints. */
async function examine(context: Context) {
  const communicator = await joinRanks({ timeoutMs: patience });
  context.asRank(communicator.rank);
  context.say(`ok   library: ${communicator.backend}, ${countText(communicator.size, 'rank')}`);
  const seen = await adapterOf(context);
  const adapters = await gatherTexts(communicator, `${os.hostname()}\n${seen.ok ? 'ok' : ''}\n${seen.text}`);
  const ranks = adapters.map((text, rank) => {
    const [host = '', ok = '', adapter = ''] = text.split('\n');
    return { rank, host, ok: ok !== '', adapter };
  });
  for (const { rank, host, ok, adapter } of ranks)
    context.say(`${ok ? 'ok  ' : 'FAIL'} rank ${rank} on ${host}: ${adapter}`);
  const bandwidths = await measureAllReduce(communicator);
  context.say(
    formatTable({
      columns: [
        { header: 'all-reduce of' },
        { header: 'time', align: 'right' },
        { header: 'sent by each rank, MB/s', align: 'right' },
      ],
      rows: bandwidths.map(({ bytes, milliseconds, bytesPerSecond }) => [
        bytesText(bytes),
        durationText(1000 * milliseconds),
        significant(bytesPerSecond / 1e6),
      ]),
    }),
  );
  if (ranks.some(({ ok }) => !ok)) context.exitCode = 1;
  await communicator.close();
  return { ok: context.exitCode === 0, library: communicator.backend, ranks, bandwidths };
}

async function adapterOf(context: Context): Promise<{ ok: boolean; text: string }> {
  try {
    return { ok: true, text: describeAdapter((await context.openDevice()).report) };
  } catch (error) {
    // The other ranks wait for what this one sees.
    return { ok: false, text: (error as Error).message };
  }
}

/** A text of each rank, by rank; no more than the first 1000 bytes of it. */
async function gatherTexts(communicator: Communicator, text: string): Promise<string[]> {
  const length = 1000;
  const part = new Uint8Array(length);
  new TextEncoder().encodeInto(text, part);
  const all = new Uint8Array(length * communicator.size);
  await communicator.allGather(part, all);
  return Array.from({ length: communicator.size }, (_, rank) => {
    const bytes = all.subarray(rank * length, (rank + 1) * length);
    const end = bytes.indexOf(0);
    return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
  });
}
