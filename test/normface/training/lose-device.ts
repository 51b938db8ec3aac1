/** Devices that are lost at a call of one's choice. */

import type { Device } from '../../../src/engine/core/tensor.ts';

/** When a device goes in relation to the call: before it, right after it, or as soon as the host waits for something. */
export type Moment = 'before' | 'after' | 'later';

/** The calls that a device has answered, by the names of their methods. */
export interface Calls {
  readonly names: string[];
}

const deviceMethods = [
  'createBuffer',
  'createBindGroupLayout',
  'createShaderModule',
  'createComputePipeline',
  'createComputePipelineAsync',
  'createBindGroup',
  'createCommandEncoder',
  'popErrorScope',
] as const;

/**
 * Counts the calls that go to a GPU, and loses the device at one of them.
 *
 * @param at number of that call; by default none
 * @param hasBegun from when on calls are counted; by default at once
 */
export function loseAt(
  device: Device,
  at = Number.POSITIVE_INFINITY,
  moment: Moment = 'after',
  hasBegun = () => true,
): Calls {
  const { gpu } = device;
  let counts = false;
  const names: string[] = [];
  const lose = () => gpu.destroy();
  const watch = <T extends object>(target: T, name: keyof T & string) => {
    const original = (target[name] as (...given: unknown[]) => unknown).bind(target);
    const watched = (...given: unknown[]) => {
      counts ||= hasBegun();
      const isHere = counts && names.push(name) - 1 === at;
      if (isHere && moment === 'before') lose();
      const result = original(...given);
      if (isHere && moment === 'after') lose();
      if (isHere && moment === 'later') setTimeout(lose);
      if (name === 'createBuffer') watch(result as GPUBuffer, 'mapAsync');
      return result;
    };
    Object.assign(target, { [name]: watched });
  };
  for (const name of deviceMethods) watch(gpu, name);
  for (const name of ['writeBuffer', 'submit', 'onSubmittedWorkDone'] as const) watch(gpu.queue, name);
  return { names };
}
