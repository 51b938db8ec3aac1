import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig, type Plugin } from 'vitest/config';

/** The same rule as esbuild's text loader in scripts/build.mjs: a kernel file is imported as its text. */
export const weslAsText: Plugin = {
  name: 'wesl-as-text',
  enforce: 'pre',
  load(id) {
    const path = id.split('?')[0]!;
    if (!path.endsWith('.wesl')) return null;
    return `export default ${JSON.stringify(readFileSync(path, 'utf8'))};`;
  },
};

/**
 * Mesa's software driver writes the access to memory of each lane out, so that kernels with half of the lanes take half of the time, or
 * less, to compile. Four are as right as eight; other drivers do not know this variable. One that is set already stays.
 */
export const fewLanes = { LP_NATIVE_VECTOR_WIDTH: process.env.LP_NATIVE_VECTOR_WIDTH ?? '128' };

/** Tests on as many lanes as the processor has: of every kernel, and of what is only met with eight. */
const allLanes = ['test/engine/{all_lanes,matrix_unit,subgroup_mainloops}.test.ts'];

/** Tests that open no device and leave the process as it is; see docs/testing.md. */
const plain = [
  'test/bench/ranks.test.ts',
  'test/cli/{evaluation-choice,runs}.test.ts',
  'test/common/*.test.ts',
  'test/engine/{adapter,augment_draws,default_tile,fastest,undefined-math}.test.ts',
  'test/engine/distributed/*.test.ts',
  'test/engine/optim/schedule.test.ts',
  'test/inspector/{peaks,series-colours}.test.ts',
  'test/inspector/compiled/*.test.ts',
  'test/inspector/graph/dot.test.ts',
  'test/inspector/kernels/!(inspect).test.ts',
  'test/inspector/profile/!(page).test.ts',
  'test/normface/alignment/!(aligner).test.ts',
  'test/normface/{generated-faces,image-quality}.test.ts',
  'test/normface/data/!(hostile|preview|process|resample).test.ts',
  'test/cli/provenance.test.ts',
  'test/normface/embedding/{features,stored-calibration}.test.ts',
  'test/normface/evaluation/!(blufr|near-features).test.ts',
  'test/normface/distributed/!(job-processes|supervise).test.ts',
  'test/cli/words.test.ts',
  'test/normface/detection/{boxes,face-api-boxes,find-detector,mtcnn-weights,pyramid,scaled}.test.ts',
  'test/normface/distributed/*.test.ts',
  'test/normface/losses/{annealing,bound}.test.ts',
  'test/normface/models/**/!(engine|lenet).test.ts',
  'test/normface/nets/{describe,fold,mnist,tables}.test.ts',
  'test/normface/paper/{drawings,plane-features,row-plot,texts}.test.ts',
  'test/normface/paper/jobs/!(real).test.ts',
  'test/normface/paper/tables/{plans,presets}.test.ts',
  'test/normface/training/{casia,config,doubtful-settings,loop,progress,run-folder,safetensors,schedule,losses,parameter-rules,early-stop,published-configs,rate-range,tensorboard}.test.ts',
  'test/normface/overview/*.test.ts',
  'test/web/!(sample).test.ts',
  'test/web/kernels/!(opened|reference-task).test.ts',
  'test/web/live/!(learners).test.ts',
];

export default defineConfig({
  plugins: [weslAsText],
  test: {
    maxWorkers: 2,
    // What was tuned on this machine must not decide what is tested.
    env: { NORMFACE_CACHE: join(tmpdir(), `normface-test-${process.pid}`) },
    // A kernel that no cache has takes the software driver up to half a minute, several times that on a busy machine.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'plain',
          include: plain,
          // Reading the modules costs these files more than their tests.
          pool: 'threads',
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'device',
          include: ['test/**/*.test.ts'],
          // These drive other programs: vitest.web.config.ts, vitest.implementations.config.ts, vitest.mpi.config.ts.
          exclude: ['test/browser/**', 'test/implementations/**', 'test/mpi/**', ...plain, ...allLanes],
          env: fewLanes,
          // A process per file, so that a crash in the GPU driver fails one file and not the run; two at a time
          // because the software driver already spreads each kernel over all cores.
          pool: 'forks',
        },
      },
      { extends: true, test: { name: 'all lanes', include: allLanes, pool: 'forks' } },
    ],
  },
});
