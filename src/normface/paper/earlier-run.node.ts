/** A training of an earlier call, found by what decides it. */

import fs from 'node:fs';
import path from 'node:path';
import { latestCheckpoint } from '../training/checkpoint/checkpoint.node.ts';
import { readState } from '../training/checkpoint/read-checkpoint.node.ts';
import type { TrainingConfig } from '../training/config/config.ts';
import { configHash } from '../training/config/overrides.ts';
import type { TrainingData } from '../training/training-data.node.ts';

/** A run with these settings on these images that has a checkpoint; a finished one comes first. */
export function findRun(root: string, config: TrainingConfig, data: TrainingData) {
  const hash = configHash(config);
  const runs = (fs.existsSync(root) ? fs.readdirSync(root).sort() : []).flatMap((entry) => {
    const folder = path.join(root, entry);
    const checkpoint = latestCheckpoint(folder);
    if (checkpoint === undefined) return [];
    const state = readState(checkpoint);
    if (state.configHash !== hash || state.imagesHash !== data.imagesHash) return [];
    return [{ folder, checkpoint, finished: state.step >= state.totalSteps }];
  });
  return runs.find(({ finished }) => finished) ?? runs.at(-1);
}
