import { dirname } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeSource } from '../../../src/normface/data/images/decode.node.ts';
import { openDataset } from '../../../src/normface/data/open.node.ts';
import type { DetectedFace, Detector, Point, RgbaImage } from '../../../src/normface/detection/detector.ts';
import { openDetector } from '../../../src/normface/detection/find-detector.node.ts';
import { testDevice } from '../../engine/open.ts';
import { realData } from '../data/fixtures.ts';

const device = await testDevice();

const caffe = realData('interop/caffe/det1.caffemodel');
const pytorch = realData('interop/pytorch/pnet.pt');
const photograph = realData('interop/photos/multiface.jpg');
const people = realData('lfw/raw/lfw.tar');

async function read(path: string): Promise<RgbaImage> {
  const { data, info } = await sharp(path).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

async function person(name: string): Promise<RgbaImage> {
  const { samples } = await openDataset(people!);
  const sample = samples.find(({ key }) => key.includes(name))!;
  const { width, height, pixels } = await decodeSource(sample.source);
  const data = new Uint8Array(width * height * 4);
  for (let i = 0; i < width * height; i++) data.set(pixels.subarray(3 * i, 3 * i + 3), 4 * i);
  return { width, height, data };
}

const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

/** Mean distance from points that the authors' program found, in units of that between the eyes; these count pixels from 1. */
function errorOf({ points }: DetectedFace, coordinates: readonly number[]): number {
  const wanted = points.map((_, i) => ({ x: coordinates[2 * i]! - 1, y: coordinates[2 * i + 1]! - 1 }));
  const sum = points.reduce((total, point, i) => total + distance(point, wanted[i]!), 0);
  return sum / points.length / distance(wanted[0]!, wanted[1]!);
}

const landmarks = {
  Abdel_Madi_Shabneh_0001: [
    104.9391, 111.1414, 147.6328, 114.3392, 126.4152, 141.2603, 104.5343, 155.5756, 138.7599, 160.452,
  ],
  Abdul_Rahman_0001: [
    102.1111, 115.7856, 147.4016, 111.1066, 124.9285, 135.7782, 105.6811, 161.6145, 149.5694, 157.2654,
  ],
} as const;

describe.skipIf(!caffe || !pytorch || !photograph || !people)('MTCNN', () => {
  let detector: Detector;
  beforeAll(async () => {
    detector = await openDetector(device, `mtcnn:${dirname(caffe!)}`);
  });
  afterAll(() => detector?.dispose());

  test('finds all six people of a photograph, and nobody else', async () => {
    const faces = await detector.detect(await read(photograph!));
    expect(faces).toHaveLength(6);
    for (const { score, box, points } of faces) {
      expect(score).toBeGreaterThan(0.9);
      for (const { x, y } of points) {
        expect(x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height).toBe(true);
      }
    }
  });

  test('finds the points that the authors’ program found, from Caffe’s files and from PyTorch’s alike', async () => {
    const others = await openDetector(device, `mtcnn:${dirname(pytorch!)}`);
    for (const [name, coordinates] of Object.entries(landmarks)) {
      const image = await person(name);
      const [face] = await detector.detect(image);
      expect(errorOf(face!, coordinates)).toBeLessThan(0.04);
      expect((await others.detect(image))[0]).toEqual(face);
    }
    others.dispose();
  });
});
