/**
 * `npm run bench:faces -- PHOTOS`: faces and their points by this engine, and by face-api's own code on one adapter, interleaved; or, with
 * `--landmarks FILE`, how near a detector's points are to those of a file.
 */

import { parseArgs } from 'node:util';
import { globals } from 'webgpu';
import { pairedRatio } from '../../src/common/paired-ratio.ts';
import { timeInRounds } from '../../src/common/rounds.ts';
import { describeAdapter } from '../../src/engine/runtime/adapter.ts';
import { openDevice } from '../../src/engine/runtime/device.node.ts';
import { median } from '../../src/inspector/timing/timing.ts';
import { overlap } from '../../src/normface/detection/boxes.ts';
import type { Point, RgbaImage } from '../../src/normface/detection/detector.ts';
import { openDetector } from '../../src/normface/detection/find-detector.node.ts';
import { offerGpu } from '../peers/offer-gpu.ts';
import { printAccuracy, readLandmarks } from './accuracy.ts';
import { type FoundBox, openFaceApi } from './face-api-peer.ts';
import { readPhotographs } from './photographs.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '7' },
    adapter: { type: 'string' },
    landmarks: { type: 'string' },
    detector: { type: 'string' },
  },
});
if (positionals.length !== 1) {
  console.error(
    'Usage: npm run bench:faces -- PHOTOS [--count 8] [--rounds 7] [--adapter NAME]\n' +
      '       npm run bench:faces -- PHOTOS --landmarks FILE [--detector mtcnn:FOLDER]',
  );
  process.exit(2);
}

try {
  if (values.landmarks) await accuracy(positionals[0]!, readLandmarks(values.landmarks));
  else await duel(positionals[0]!, Number(values.count), Number(values.rounds));
  process.exit(0);
} catch (error) {
  console.error(`bench:faces: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}

async function accuracy(source: string, landmarks: ReadonlyMap<string, readonly Point[]>): Promise<void> {
  const device = await openDevice({ mode: 'safe', adapter: values.adapter });
  const detector = await openDetector(device, values.detector);
  console.log(`${detector.name} on ${describeAdapter(device.report)}`);
  await printAccuracy(detector, readPhotographs(source), landmarks);
  detector.dispose();
  device.close();
}

async function duel(source: string, count: number, rounds: number): Promise<void> {
  Object.assign(globalThis, globals);
  const device = await openDevice({ mode: 'safe', adapter: values.adapter });
  console.log(describeAdapter(device.report));
  await offerGpu('safe', values.adapter);
  const photographs: RgbaImage[] = [];
  for await (const { image } of readPhotographs(source, count)) photographs.push(image);
  const theirs = await openFaceApi();
  const ours = await openDetector(device, `face-api:${theirs.models}`);
  const detectors = [
    async (image: RgbaImage) => (await ours.detect(image)).map(({ box, score }) => ({ ...box, score })),
    theirs.detect,
  ];
  const found = [];
  for (const detect of detectors) {
    const start = performance.now();
    const faces: FoundBox[][] = [];
    for (const image of photographs) faces.push(await detect(image));
    console.log(`first   ${((performance.now() - start) / 1000).toFixed(2)} s, ${faces.flat().length} faces`);
    found.push(faces);
  }
  console.log(`common  ${agreeing(found[0]!, found[1]!)} boxes of both overlap by more than 0.8`);
  const times = await timeInRounds(
    detectors.map((detect) => async () => {
      const start = performance.now();
      for (const image of photographs) await detect(image);
      return (performance.now() - start) / photographs.length;
    }),
    rounds,
  );
  const [engine, faceApi] = times.map((of) => `${median(of).toFixed(1)} ms`);
  const ratio = pairedRatio(times[1]!, times[0]!);
  console.log(`a photograph: this engine ${engine}, face-api on TensorFlow.js ${faceApi}`);
  console.log(
    `ratio   ${ratio.median.toFixed(2)}${ratio.interval ? ` (95 %: ${ratio.interval.map((end) => end.toFixed(2)).join(' to ')})` : ''}, ${rounds} rounds of ${photographs.length} photographs`,
  );
  ours.dispose();
  device.close();
}

function agreeing(ours: readonly FoundBox[][], theirs: readonly FoundBox[][]): number {
  return ours.reduce(
    (sum, boxes, i) =>
      sum + boxes.filter((box) => theirs[i]!.some((other) => overlap(box, other) > 0.8)).length,
    0,
  );
}
