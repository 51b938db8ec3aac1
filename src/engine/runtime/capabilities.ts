/** The features and limits that a device is opened with: the adapter's, or fewer to try what a program does on smaller adapters. */

import { DeviceError } from '../core/errors.ts';

/** Features that kernels use where the adapter has them. */
export const usableFeatures = [
  'subgroups',
  // In the standard since 2026, and not yet in the package of its types.
  'subgroup-size-control' as GPUFeatureName,
  'shader-f16',
  'timestamp-query',
  // Not in the standard yet.
  'chromium-experimental-subgroup-matrix' as GPUFeatureName,
] as const;

/**
 * Limits that are asked for in full, and what every WebGPU device has of them where nothing is asked for (WebGPU specification,
 * https://www.w3.org/TR/webgpu/#limits). The others stay at their small defaults.
 */
export const defaultLimits = {
  maxStorageBufferBindingSize: 128 * 2 ** 20,
  maxBufferSize: 256 * 2 ** 20,
  maxStorageBuffersPerShaderStage: 8,
  maxComputeWorkgroupStorageSize: 16384,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupsPerDimension: 65535,
} as const;

/** A limit that the engine asks for. */
export type LimitName = keyof typeof defaultLimits;

export const requestedLimits = Object.keys(defaultLimits) as LimitName[];

/** Which part of what the adapter has a device gets. */
export interface CapabilityOptions {
  /**
   * Limits that the device gets in place of the adapter's own, to try a program for smaller adapters: some of them, or `default` for the
   * least that every WebGPU device has.
   */
  limits?: 'default' | Partial<Readonly<Record<LimitName, number>>>;
  /** Features that the device gets of those that kernels can use; [] for none. Default: all that the adapter has. */
  features?: readonly string[];
}

/** What a device is opened with. */
export interface Capabilities {
  /** All that the adapter has, as far as the options leave it. */
  readonly features: ReadonlySet<string>;
  readonly limits: Readonly<Record<LimitName, number>>;
}

/**
 * What a device of this adapter is to have.
 *
 * @throws DeviceError for a feature that the adapter lacks or that no kernel uses, and for limits that it does not reach
 */
export function capabilitiesOf(
  adapter: Pick<GPUAdapter, 'features' | 'limits'>,
  { limits: wanted = {}, features: chosen }: CapabilityOptions,
): Capabilities {
  for (const name of chosen ?? []) {
    if (!(usableFeatures as readonly string[]).includes(name))
      throw new DeviceError(`no kernel uses the feature ${name}; features are ${usableFeatures.join(', ')}`);
    if (!adapter.features.has(name)) throw new DeviceError(`the adapter lacks the feature ${name}`);
  }
  const given: Partial<Record<string, number>> = wanted === 'default' ? defaultLimits : wanted;
  for (const [name, value] of Object.entries(given)) {
    if (!(name in defaultLimits))
      throw new DeviceError(`limits has no ${name}; there are ${requestedLimits.join(', ')}`);
    const most = adapter.limits[name as LimitName];
    if (value !== undefined && !(Number.isInteger(value) && value >= 0 && value <= most))
      throw new DeviceError(`the limit ${name} is ${value}; the adapter has ${most}`);
  }
  const limits = Object.fromEntries(
    requestedLimits.map((name) => [name, given[name] ?? adapter.limits[name]]),
  ) as Record<LimitName, number>;
  return { features: new Set(chosen ?? adapter.features), limits };
}
