import { DeviceError } from '../core/errors.ts';
import type { Device } from '../core/tensor.ts';
import { fileStore } from '../tuning/tune-store.node.ts';
import { withoutNativeWarnings } from './native-warnings.node.ts';
import { openAdapter } from './open.ts';
import { checkDeviceOptions, type DeviceOptions } from './options.ts';
import { pollPatiently } from './patient-polling.node.ts';
import { runtimeOf } from './runtime.ts';
import { toggleFlags } from './toggles.node.ts';

/** Dawn's instances are freed by the garbage collector even while devices of theirs work, which crashes: hold on to them. */
const instances = new Set<GPU>();

async function dawn(flags: readonly string[]): Promise<GPU> {
  // Vulkan loaders warn on every start where this is unset.
  process.env.XDG_RUNTIME_DIR ??= '/tmp';
  let bindings: typeof import('webgpu');
  try {
    bindings = await import('webgpu');
  } catch (error) {
    throw new DeviceError(`the package webgpu (Dawn) does not load: ${(error as Error).message}`);
  }
  Object.assign(globalThis, bindings.globals);
  const gpu = bindings.create([...flags]);
  instances.add(gpu);
  return gpu;
}

/** Names of all adapters, which Dawn lists when asked for one that does not exist. */
export async function listAdapters(): Promise<string[]> {
  const gpu = await dawn(['adapter=\u0001']);
  try {
    await withoutNativeWarnings(() => gpu.requestAdapter());
    return [];
  } catch (error) {
    return (error as Error).message
      .split('\n')
      .flatMap((line) => /^\s*\*.*name: '(.*)'/.exec(line)?.[1] ?? []);
  }
}

/** The whole name of the adapter whose name contains a text, in any case. @throws DeviceError listing those there are */
export async function adapterNamed(text: string): Promise<string> {
  const names = await listAdapters();
  const name = names.find((candidate) => candidate.toLowerCase().includes(text.toLowerCase()));
  if (!name) throw new DeviceError(`no adapter is called ${text}; there are: ${names.join('; ') || 'none'}`);
  return name;
}

/**
 * Opens a GPU through Dawn.
 *
 * @throws DeviceError when no adapter can be opened, when it is a software driver and `allowSoftware` is false, or when a
 * toggle is not one of Dawn's
 */
export async function openDevice(options: DeviceOptions = {}): Promise<Device> {
  checkDeviceOptions(options);
  const { mode = 'safe', adapter: wanted, toggles } = options;
  const flags = toggleFlags(mode, toggles);
  if (wanted) flags.push(`adapter=${await adapterNamed(wanted)}`);
  const gpu = await dawn(flags);
  // Dawn rejects where other implementations resolve to null.
  const adapter = await withoutNativeWarnings(() =>
    gpu.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null),
  );
  if (!adapter) {
    throw new DeviceError(
      'no WebGPU adapter was found; on Linux run `node scripts/setup.mjs`, which checks and installs a driver',
    );
  }
  const device = await openAdapter(adapter, options, fileStore);
  if (device.report.software) pollPatiently();
  const { tune, tuneIn = device.report.software ? 'process' : 'child' } = options;
  if (tune === 'full' && tuneIn === 'child') await measureInChild(device, options);
  return device;
}

/** The seconds that measuring may take: with the making of its steps a training is tuned in less than two minutes. */
const usualTuneSeconds = 90;

async function measureInChild(device: Device, options: DeviceOptions): Promise<void> {
  const { ChildBench } = await import('../tuning/child-bench.node.ts');
  // What the other process has no use for cannot go there either.
  const { debug: _, tune: __, tuneSeconds = usualTuneSeconds, ...same } = options;
  device.tuner.measureOn(new ChildBench(runtimeOf(device), { device: same }), tuneSeconds);
}
