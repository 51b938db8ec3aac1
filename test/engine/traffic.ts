/** Counts what goes to a GPU and comes back. */

export interface Traffic {
  submissions: number;
  maps: number;
}

/** From now on counts the submissions and the mappings of buffers of a device. */
export function countTraffic(gpu: GPUDevice): Traffic {
  const traffic: Traffic = { submissions: 0, maps: 0 };
  const { queue } = gpu;
  const submit = queue.submit.bind(queue);
  queue.submit = (buffers) => {
    traffic.submissions++;
    return submit(buffers);
  };
  const create = gpu.createBuffer.bind(gpu);
  gpu.createBuffer = (descriptor) => {
    const buffer = create(descriptor);
    const map = buffer.mapAsync.bind(buffer);
    buffer.mapAsync = (...words) => {
      traffic.maps++;
      return map(...words);
    };
    return buffer;
  };
  return traffic;
}
