import { DeviceError } from '../core/errors.ts';
import type { Device } from '../core/tensor.ts';
import type { TuneStore } from '../tuning/measurements.ts';
import { indexedDbStore } from '../tuning/tune-store.ts';
import { type AdapterReport, reportAdapter } from './adapter.ts';
import { capabilitiesOf, usableFeatures } from './capabilities.ts';
import { DeviceRuntime } from './device.ts';
import { checkDeviceOptions, type DeviceOptions } from './options.ts';

/** Opens the browser's GPU. In Node use `openDevice` of `device.node.ts`. */
export async function openDevice(options: DeviceOptions = {}): Promise<Device> {
  checkDeviceOptions(options);
  const gpu = (globalThis.navigator as Navigator | undefined)?.gpu;
  if (!gpu) throw new DeviceError('this browser has no WebGPU');
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new DeviceError('this browser has WebGPU but offers no adapter');
  return openAdapter(adapter, options, indexedDbStore);
}

/**
 * Opens a device of an adapter with all its limits and the features that kernels can use, unless the options ask for less.
 *
 * @param storeFor where measurements of kernels are kept
 */
export async function openAdapter(
  adapter: GPUAdapter,
  options: DeviceOptions,
  storeFor: (report: AdapterReport) => TuneStore | null,
): Promise<Device> {
  const { features, limits } = capabilitiesOf(adapter, options);
  const report = reportAdapter({ info: adapter.info, features, limits });
  if (report.software && options.allowSoftware === false) {
    throw new DeviceError(
      `the only adapter is a software driver (${report.description}), and software drivers are not allowed`,
    );
  }
  if (options.operands === 'f16' && !features.has('shader-f16')) {
    throw new DeviceError(
      `f16 operands need the feature shader-f16, which ${options.features ? 'is not among the features asked for' : `the adapter ${report.description || report.vendor} lacks`}`,
    );
  }
  const gpu = await adapter.requestDevice({
    requiredFeatures: usableFeatures.filter((feature) => features.has(feature)),
    requiredLimits: limits,
  });
  const { tune = 'cache', ignoreMeasurements = false } = options;
  const store = tune === 'off' ? null : storeFor(report);
  const measurements = ignoreMeasurements ? undefined : await store?.load();
  return new DeviceRuntime(gpu, report, { ...options, tune }, { store, measurements });
}
