/** What a checkpoint keeps of a model, and how training goes on from it. */

import { UserError } from '../../common/errors.ts';
import { DeviceError } from '../../engine/core/errors.ts';
import type { Parameters } from '../../engine/core/parameters.ts';
import type { Optimiser } from '../../engine/optim/optimiser.ts';
import type { WeightAverage } from '../../engine/optim/weight_average.ts';
import type { Checkpoint } from './checkpoint/checkpoint.ts';
import { type ExpectedParameter, matchParameters } from './checkpoint/compatible.ts';
import { float32Tensor, type StoredTensor } from './checkpoint/safetensors.ts';

/** What a model keeps of a training. */
export type ModelState = Pick<Checkpoint, 'weights' | 'optimiser' | 'trained'>;

/** What messages call a checkpoint and the net it should be of. */
export interface CheckpointNames {
  readonly source: string;
  readonly net: string;
}

/** The parts of a model that hold it. */
export interface KeptParts {
  readonly parameters: Parameters;
  readonly optimiser: Optimiser;
  readonly average: WeightAverage | null;
  /** What the average is of. */
  readonly net: readonly ExpectedParameter[];
}

/** Weights and optimiser state after the steps submitted so far. */
export async function snapshotOf({ parameters, optimiser, average }: KeptParts): Promise<ModelState> {
  const [values, state, averaged] = await Promise.all([
    parameters.readAll(),
    optimiser.state(),
    average?.read(),
  ]);
  const shapes = new Map(parameters.entries.map(({ name, shape }) => [name, shape]));
  const stored = (arrays: ReadonlyMap<string, Float32Array>): Map<string, StoredTensor> =>
    new Map(
      [...arrays].map(([name, data]) => [name, float32Tensor(data, shapes.get(name) ?? [data.length])]),
    );
  const trained = averaged && new Map([...averaged.keys()].map((name) => [name, values.get(name)!]));
  return {
    weights: stored(new Map([...values, ...(averaged ?? [])])),
    optimiser: stored(state),
    ...(trained && { trained: stored(trained) }),
  };
}

/** Continues where a checkpoint was taken. @throws UserError when it does not fit */
export function restoreState(
  { parameters, optimiser, average, net }: KeptParts,
  { weights, trained = new Map<string, StoredTensor>(), optimiser: stored }: ModelState,
  names: CheckpointNames,
): void {
  const values = matchParameters(new Map([...weights, ...trained]), parameters.persistent, names);
  const state = new Map<string, Float32Array>();
  try {
    for (const [name, { data, dtype }] of stored) {
      if (!(data instanceof Float32Array)) throw new Error(`${name} is ${dtype}, not F32`);
      state.set(name, data);
    }
    optimiser.restore(state);
  } catch (error) {
    if (error instanceof DeviceError) throw error;
    throw new UserError(`the optimiser's state in ${names.source} does not fit: ${(error as Error).message}`);
  }
  for (const [name, data] of values) parameters.write(name, data);
  // A run that had none begins one.
  if (trained.size === 0) average?.start();
  else average?.restore(matchParameters(weights, net, names));
}
