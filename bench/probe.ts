/** Counts what any framework does with WebGPU in this process: bytes of live buffers and dispatches, device by device. */

interface Counts {
  live: number;
  peak: number;
}

const devices = new WeakMap<GPUDevice, Counts>();
const sizes = new WeakMap<GPUBuffer, { readonly bytes: number; readonly counts: Counts }>();
let dispatches = 0;
let installed = false;

function countsOf(device: GPUDevice): Counts {
  let counts = devices.get(device);
  if (!counts) {
    counts = { live: 0, peak: 0 };
    devices.set(device, counts);
  }
  return counts;
}

/** Wraps the prototypes of Dawn's objects; call it once they are global and before any buffer is made. */
export function installProbe(): void {
  if (installed) return;
  installed = true;
  const { createBuffer } = GPUDevice.prototype;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const buffer = createBuffer.call(this, descriptor);
    const counts = countsOf(this);
    sizes.set(buffer, { bytes: descriptor.size, counts });
    counts.live += descriptor.size;
    counts.peak = Math.max(counts.peak, counts.live);
    return buffer;
  };
  const { destroy } = GPUBuffer.prototype;
  GPUBuffer.prototype.destroy = function () {
    const known = sizes.get(this);
    if (known) known.counts.live -= known.bytes;
    sizes.delete(this);
    return destroy.call(this);
  };
  const { dispatchWorkgroups } = GPUComputePassEncoder.prototype;
  GPUComputePassEncoder.prototype.dispatchWorkgroups = function (x, y, z) {
    dispatches++;
    return dispatchWorkgroups.call(this, x, y, z);
  };
}

/** Bytes of the buffers that live now. */
export function liveBytes(device: GPUDevice): number {
  return countsOf(device).live;
}

/** Most bytes that lived at once since the last call. */
export function takePeak(device: GPUDevice): number {
  const counts = countsOf(device);
  const { peak } = counts;
  counts.peak = counts.live;
  return peak;
}

/** Dispatches of all devices since the last call. */
export function takeDispatches(): number {
  const taken = dispatches;
  dispatches = 0;
  return taken;
}
