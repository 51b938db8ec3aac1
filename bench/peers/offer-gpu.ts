/** The GPU that peers find as `navigator.gpu`, as in a browser. */

import os from 'node:os';
import { create } from 'webgpu';
import { adapterNamed } from '../../src/engine/runtime/device.node.ts';
import { toggleFlags } from '../../src/engine/runtime/toggles.node.ts';
import type { Mode } from './peer.ts';

/** Dawn frees what the garbage collector takes, even while devices of it work: hold on to them. */
const instances: GPU[] = [];

/** Peers that start after this get an adapter with the toggles of `mode`. @param adapter part of its name */
export async function offerGpu(mode: Mode, adapter?: string): Promise<void> {
  const flags = toggleFlags(mode);
  if (adapter) flags.push(`adapter=${await adapterNamed(adapter)}`);
  const gpu = create(flags);
  instances.push(gpu);
  const value = {
    gpu,
    userAgent: 'node',
    platform: process.platform,
    hardwareConcurrency: os.availableParallelism(),
  };
  Object.defineProperty(globalThis, 'navigator', { value, configurable: true });
}
