/** What a training would take, found by training for a moment. */

import type { Device } from '../../../engine/core/tensor.ts';
import { accumulatedBatches } from '../accumulated-batches.ts';
import { trainingBatches } from '../batches.node.ts';
import type { TrainingConfig } from '../config/config.ts';
import { Model } from '../model.ts';
import type { TrainingData } from '../training-data.node.ts';

/** Steps are measured until they have taken so long, at least two of them unless these take longer than the most. */
const ENOUGH_SECONDS = 2;
const MOST_SECONDS = 10;

export interface Forecast {
  /** GPU memory of parameters, gradients, optimiser and intermediate results. */
  readonly memoryBytes: number;
  /** Time of a step with its images, after one that warms up. */
  readonly secondsPerStep: number;
}

/** Runs a few steps and throws their results away. @throws DeviceError when the GPU has too little memory */
export async function forecast(
  device: Device,
  config: TrainingConfig,
  data: TrainingData,
  onCorrupt: (name: string, reason: string) => void,
): Promise<Forecast> {
  const model = await device.tuner.tuned(
    () => new Model(device, config, data.dataset.identities.length),
    (discarded) => discarded.dispose(),
  );
  const loader = trainingBatches(config, data, { onCorrupt });
  const batches = accumulatedBatches(loader, config.accumulate ?? 1);
  try {
    await model.compile();
    let number = 0;
    const secondsOfStep = async () => {
      const start = performance.now();
      await model.step(await batches.next(), 0, number++);
      return (performance.now() - start) / 1000;
    };
    // A driver may compile at the first run what `compile` gave it.
    await secondsOfStep();
    let [seconds, steps] = [0, 0];
    for (; seconds < ENOUGH_SECONDS || (steps < 2 && seconds < MOST_SECONDS); steps++)
      seconds += await secondsOfStep();
    return { memoryBytes: model.memoryBytes, secondsPerStep: seconds / steps };
  } finally {
    model.dispose();
    await loader.close();
  }
}
