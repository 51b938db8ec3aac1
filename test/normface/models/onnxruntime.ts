/** Models run by onnxruntime-web, the independent implementation that exported models are compared with. */

import * as ort from 'onnxruntime-web';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

/**
 * Checks a model (onnxruntime refuses what breaks ONNX's rules) and runs it.
 *
 * @param shape of the input, with the batch
 * @returns the numbers of the only output
 */
export async function runOnnx(
  model: Uint8Array,
  images: Float32Array,
  shape: readonly number[],
): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(model, { executionProviders: ['wasm'] });
  try {
    const [input] = session.inputNames;
    const results = await session.run({ [input!]: new ort.Tensor('float32', images, [...shape]) });
    return results[session.outputNames[0]!]!.data as Float32Array;
  } finally {
    await session.release();
  }
}

/** Images [n, height, width, channels] with their channels first. */
export function channelsFirst(
  images: ArrayLike<number>,
  [n, height, width, channels]: readonly [number, number, number, number],
): Float32Array {
  const turned = new Float32Array(n * height * width * channels);
  const pixels = height * width;
  for (let i = 0; i < turned.length; i++) {
    const image = Math.floor(i / (pixels * channels));
    const [channel, pixel] = [Math.floor(i / pixels) % channels, i % pixels];
    turned[i] = images[(image * pixels + pixel) * channels + channel]!;
  }
  return turned;
}
