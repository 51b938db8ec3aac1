/**
 * Which GPU a rank gets where a host has several. WebGPU's adapters are chosen by name, and GPUs of one model have one name; Mesa's
 * layer for Vulkan, which sees GPUs of all makers, is told by PCI address instead: `DRI_PRIME`, with `!` so that only this one is shown
 * (Mesa's list of environment variables). Not verified on a host with several GPUs.
 */

import fs from 'node:fs';
import path from 'node:path';
import type { Environment } from './orders.ts';

/** By which somebody has chosen already. */
const choices = ['DRI_PRIME', 'MESA_VK_DEVICE_SELECT', 'NODEVICE_SELECT'];

/**
 * What to set before the device opens; nothing where there is one GPU or none, one rank, or a choice.
 * @param addresses PCI addresses of the GPUs, such as `0000:01:00.0`
 */
export function gpuEnvironment(
  addresses: readonly string[],
  { localRank, localSize }: { localRank: number; localSize: number },
  environment: Environment,
): { readonly DRI_PRIME?: string } {
  if (addresses.length < 2 || localSize < 2 || choices.some((name) => environment[name])) return {};
  const address = addresses[localRank % addresses.length]!;
  return { DRI_PRIME: `pci-${address.replaceAll(/[:.]/g, '_')}!` };
}

/** PCI addresses of this host's GPUs, in their order. @param folder where Linux lists what can draw */
export function gpuAddresses(folder = '/sys/class/drm'): string[] {
  let names: string[];
  try {
    names = fs.readdirSync(folder).filter((name) => /^renderD\d+$/.test(name));
  } catch {
    return [];
  }
  const addresses = names.flatMap((name) => {
    try {
      return [path.basename(fs.realpathSync(path.join(folder, name, 'device')))];
    } catch {
      return [];
    }
  });
  return addresses.filter((address) => /^[\da-f]{4,}:[\da-f]{2}:[\da-f]{2}\.\d$/.test(address)).sort();
}
