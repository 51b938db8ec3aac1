import type { Device } from '../../src/engine/core/tensor.ts';
import type { OpenedSection } from './section.ts';

/** How a section with a device ends. */
export function ending(device: Device): Pick<OpenedSection, 'lost' | 'close'> {
  return {
    lost: device.gpu.lost.then(({ message }) => message || 'no reason given'),
    close: async () => device.close(),
  };
}
