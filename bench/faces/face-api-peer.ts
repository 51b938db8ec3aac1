/** face-api's own code, from the package, on TensorFlow.js with WebGPU. */

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { RgbaImage } from '../../src/normface/detection/detector.ts';
import type { Tf, TfTensor } from '../peers/tfjs-api.ts';

/** A box in pixels, with a score. */
export interface FoundBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly score: number;
}

interface Detection {
  readonly score: number;
  readonly box: FoundBox;
}

interface FaceApi {
  readonly tf: Tf;
  readonly nets: {
    readonly tinyFaceDetector: {
      loadFromDisk(folder: string): Promise<void>;
      locateFaces(input: TfTensor, options: object): Promise<Detection[]>;
    };
    readonly faceLandmark68Net: {
      loadFromDisk(folder: string): Promise<void>;
      forward(faces: TfTensor[]): Promise<TfTensor>;
    };
  };
  readonly TinyFaceDetectorOptions: new (options: { inputSize: number; scoreThreshold: number }) => object;
  extractFaceTensors(input: TfTensor, detections: readonly Detection[]): Promise<TfTensor[]>;
}

/** Before the first call `navigator.gpu` must give the adapter that is to be used. @returns what it finds in a photograph */
export async function openFaceApi(): Promise<{
  /** The folder of its models. */
  readonly models: string;
  detect(image: RgbaImage): Promise<FoundBox[]>;
}> {
  const require = createRequire(import.meta.url);
  // Its builds for Node take TensorFlow.js from outside; this one only asks for the back end that it does not get here, too.
  const entry = require.resolve('@vladmandic/face-api/dist/face-api.node-wasm.js');
  const api: FaceApi = require(entry);
  require('@tensorflow/tfjs-backend-webgpu');
  const { tf } = api;
  if (!(await tf.setBackend('webgpu')))
    throw new Error('the back end webgpu of TensorFlow.js does not start');
  await tf.ready();
  tf.env().set('WEBGPU_CPU_FORWARD', false);
  const models = join(dirname(entry), '..', 'model');
  await api.nets.tinyFaceDetector.loadFromDisk(models);
  await api.nets.faceLandmark68Net.loadFromDisk(models);
  const options = new api.TinyFaceDetectorOptions({ inputSize: 416, scoreThreshold: 0.5 });
  return {
    models,
    async detect({ width, height, data }) {
      const rgb = new Int32Array(width * height * 3);
      for (let from = 0, to = 0; from < data.length; from += 4) {
        rgb[to++] = data[from]!;
        rgb[to++] = data[from + 1]!;
        rgb[to++] = data[from + 2]!;
      }
      const input = tf.tensor(rgb, [height, width, 3], 'int32');
      const found = await api.nets.tinyFaceDetector.locateFaces(input, options);
      if (found.length > 0) {
        // As its `withFaceLandmarks`, which however waits for each face by itself, in a way that needs canvases.
        const faces = await api.extractFaceTensors(input, found);
        const points = await api.nets.faceLandmark68Net.forward(faces);
        await points.data();
        for (const tensor of [...faces, points]) tensor.dispose();
      }
      input.dispose();
      return found.map(({ score, box: { x, y, width, height } }) => ({ x, y, width, height, score }));
    },
  };
}
