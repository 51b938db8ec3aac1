import { afterAll } from 'vitest';
import type { Device } from '../../src/engine/core/tensor.ts';
import { openDevice } from '../../src/engine/runtime/device.node.ts';
import type { DeviceOptions } from '../../src/engine/runtime/options.ts';

/** Opens a device for the tests of one file and closes it after them. */
export async function testDevice(options: DeviceOptions = {}): Promise<Device> {
  const device = await openDevice(options);
  afterAll(() => device.close());
  return device;
}
