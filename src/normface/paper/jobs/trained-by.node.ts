/** Which version of the program trained a job, and on which adapter: jobs of one table may be of several days and machines. */

import path from 'node:path';
import { z } from 'zod';
import { readJson } from '../../../common/json-file.node.ts';

export const trainerSchema = z.looseObject({
  version: z.string(),
  /** Of the working tree that the program was started in, where it was started in one. */
  commit: z.string().optional(),
  /** With its driver. */
  adapter: z.string(),
});

export type Trainer = z.output<typeof trainerSchema>;

const environment = z.object({
  normface: z.string(),
  device: z.object({ vendor: z.string(), device: z.string(), description: z.string() }),
  git: z.object({ commit: z.string(), changed: z.boolean() }).nullish(),
});

const mostBytes = 2 ** 20;

/** Who trained last in the folder of a run; undefined where it does not say. */
export function trainerOf(runFolder: string): Trainer | undefined {
  try {
    const { normface, device, git } = environment.parse(
      readJson(path.join(runFolder, 'environment.json'), mostBytes),
    );
    return {
      version: normface,
      ...(git && { commit: git.commit.slice(0, 12) + (git.changed ? ' and changes' : '') }),
      adapter: device.description || `${device.vendor} ${device.device}`.trim(),
    };
  } catch {
    return undefined;
  }
}

/** Each once, in their order. */
export function distinctTrainers(trainers: readonly (Trainer | undefined)[]): Trainer[] {
  const known = new Map(trainers.flatMap((one) => (one ? [[trainerText(one), one] as const] : [])));
  return [...known.values()];
}

/** "0.2.0 (commit 0123456789ab) on llvmpipe: Mesa 25.0.7". */
export function trainerText({ version, commit, adapter }: Trainer): string {
  return `${version}${commit === undefined ? '' : ` (commit ${commit})`} on ${adapter}`;
}
