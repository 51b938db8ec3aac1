/** How near a detector's points are to those of a file. */

import { readFileSync } from 'node:fs';
import { UserError } from '../../src/common/errors.ts';
import type { DetectedFace, Detector, Point } from '../../src/normface/detection/detector.ts';
import type { Photograph } from './photographs.ts';

/**
 * Five points a line: `Name/Name_0001.jpg`, then x and y of each, with tabs between, in pixels that count from 1, as MTCNN's points of LFW are
 * passed on.
 *
 * @returns points whose pixels count from 0, by name
 */
export function readLandmarks(file: string): Map<string, Point[]> {
  const lines = readFileSync(file, 'utf8').trim().split(/\r?\n/);
  return new Map(
    lines.map((line, i) => {
      const [name = '', ...numbers] = line.split('\t');
      const values = numbers.map(Number);
      if (values.length !== 10 || !values.every(Number.isFinite))
        throw new UserError(`${file}, line ${i + 1}: expected a name and ten numbers`);
      return [name, [0, 2, 4, 6, 8].map((k) => ({ x: values[k]! - 1, y: values[k + 1]! - 1 }))];
    }),
  );
}

/** Prints in how many photographs somebody is found, and how far the points are from those of the file for the face nearest to the middle. */
export async function printAccuracy(
  detector: Detector,
  photographs: AsyncIterable<Photograph>,
  landmarks: ReadonlyMap<string, readonly Point[]>,
): Promise<void> {
  const missing: string[] = [];
  const errors: { readonly name: string; readonly error: number }[] = [];
  let faces = 0;
  for await (const { name, image } of photographs) {
    const wanted = landmarks.get(name);
    if (!wanted) throw new UserError(`there are no landmarks for ${name}`);
    const found = await detector.detect(image);
    faces += found.length;
    const middle = { x: (image.width - 1) / 2, y: (image.height - 1) / 2 };
    const face = nearest(found, middle);
    if (face) errors.push({ name, error: errorOf(face, wanted) });
    else missing.push(name);
  }
  const sorted = errors.map(({ error }) => error).sort((a, b) => a - b);
  const mean = sorted.reduce((sum, error) => sum + error, 0) / sorted.length;
  const count = errors.length + missing.length;
  console.log(
    `found   ${errors.length} of ${count} (${((100 * errors.length) / count).toFixed(2)} %), ${faces} faces in all`,
  );
  console.log(
    `points  ${(100 * mean).toFixed(2)} % of the distance between the eyes on average, median ${(100 * (sorted[sorted.length >> 1] ?? Number.NaN)).toFixed(2)} %`,
  );
  const worst = errors.sort((a, b) => b.error - a.error).slice(0, 5);
  console.log(
    `worst   ${worst.map(({ name, error }) => `${name} ${(100 * error).toFixed(1)} %`).join(', ')}`,
  );
  if (missing.length > 0) console.log(`nobody  ${missing.join(', ')}`);
}

const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

function nearest(faces: readonly DetectedFace[], middle: Point): DetectedFace | undefined {
  const off = ({ box }: DetectedFace): number =>
    distance({ x: box.x + box.width / 2, y: box.y + box.height / 2 }, middle);
  return [...faces].sort((a, b) => off(a) - off(b))[0];
}

/** Mean distance of the five points, in units of that between the eyes. */
const errorOf = ({ points }: DetectedFace, wanted: readonly Point[]): number =>
  points.reduce((sum, point, i) => sum + distance(point, wanted[i]!), 0) /
  points.length /
  distance(wanted[0]!, wanted[1]!);
