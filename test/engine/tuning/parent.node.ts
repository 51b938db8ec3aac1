/** A process that has a variant timed which hangs, for the test that ends it. Its argument is the report of the adapter. */

import type { Device } from '../../../src/engine/core/tensor.ts';
import { runtimeOf } from '../../../src/engine/runtime/runtime.ts';
import { ChildBench } from '../../../src/engine/tuning/child-bench.node.ts';

const [report, script] = process.argv.slice(2);
const recorder = {
  report: JSON.parse(report!),
  programOf: async () => ({ kernels: [], buffers: [], dispatches: [] }),
};
const bench = new ChildBench(runtimeOf(recorder as unknown as Device), {
  device: {},
  limitMs: 600_000,
  script: async () => new URL(script!),
});
const work = await bench.load('trial hangs', () => {});
await work.run(1);
