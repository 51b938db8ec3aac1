import { createBackdrop } from './backdrop.ts';
import type { Camera } from './camera.ts';
import type { Face } from './expression.ts';
import { createGlasses } from './glasses.ts';
import type { Covering } from './hairline.ts';
import { createLight } from './light.ts';
import { FIELD, FIELDS, PART } from './mesh.ts';
import type { Nuisance } from './nuisance.ts';
import { createOccluder } from './occluder.ts';
import { createFragment, type Painter } from './paint.ts';
import { createEyePainter } from './paint-eyes.ts';
import { createBeardPainter, createBrowPainter, createHairPainter } from './paint-hair.ts';
import { createMouthPainter } from './paint-mouth.ts';
import { createEarPainter, createNeckPainter, createSkinPainter } from './paint-skin.ts';
import { EMPTY, SAMPLING, type Visible } from './rasterise.ts';
import type { Relief } from './relief.ts';

export interface Scene {
  readonly face: Face;
  readonly nuisance: Nuisance;
  readonly covering: Covering;
  readonly relief: Relief;
  readonly camera: Camera;
  readonly visible: Visible;
}

/**
 * Paints and lights what is visible; returns linear RGB per pixel. A pixel is the mean of the samples on its diagonal:
 * half the work of all four, and slanted edges still pass through two rows and two columns of samples.
 */
export function shadePicture({ face, nuisance, covering, relief, camera, visible }: Scene): Float32Array {
  const glasses = createGlasses(face, nuisance, relief, camera);
  const occluder = createOccluder(face.person, nuisance, visible);
  const backdrop = createBackdrop(face, nuisance);
  const illuminate = createLight(nuisance, visible, camera.samplesPerUnit);
  const overlays: Painter[] = [];
  if (glasses) overlays.push(glasses.front);
  if (occluder) overlays.push(occluder);
  const hair = createHairPainter(face, nuisance, covering);
  const bareHead = [
    createSkinPainter(face, nuisance),
    createEyePainter(face, nuisance),
    createMouthPainter(face, nuisance),
    createBeardPainter(face, nuisance),
    createBrowPainter(face),
    ...(glasses ? [glasses.arms] : []),
  ];
  const ear = createEarPainter(face);
  const neck = createNeckPainter(face, nuisance);

  const { depth, part, fields } = visible;
  const fragment = createFragment();
  const point = new Float64Array(2);
  const shadeSample = (column: number, row: number): void => {
    const at = row * visible.width + column;
    fragment.column = column + 0.5;
    fragment.row = row + 0.5;
    if (depth[at] === EMPTY) {
      point[0] = fragment.column;
      point[1] = fragment.row;
      camera.toPlane(point);
      fragment.x = point[0];
      fragment.y = point[1];
      backdrop(fragment);
    } else {
      const f = at * FIELDS;
      fragment.index = at;
      fragment.x = fields[f + FIELD.x]!;
      fragment.y = fields[f + FIELD.y]!;
      fragment.angle = fields[f + FIELD.angle]!;
      fragment.normalX = fields[f + FIELD.normalX]!;
      fragment.normalY = fields[f + FIELD.normalY]!;
      fragment.openness = fields[f + FIELD.openness]!;
      if (part[at] === PART.head) {
        fragment.hair = covering.hair(fragment.x, fragment.y, fragment.angle);
        if (fragment.hair < 1) for (const paint of bareHead) paint(fragment);
        hair(fragment);
      } else if (part[at] === PART.ear) ear(fragment);
      else neck(fragment);
      illuminate(fragment);
    }
    for (const overlay of overlays) overlay(fragment);
  };

  const width = visible.width / SAMPLING;
  const height = visible.height / SAMPLING;
  const picture = new Float32Array(width * height * 3);
  for (let row = 0, out = 0; row < height; row++) {
    for (let column = 0; column < width; column++, out += 3) {
      for (let k = 0; k < SAMPLING; k++) {
        shadeSample(column * SAMPLING + k, row * SAMPLING + k);
        picture[out]! += fragment.red / SAMPLING;
        picture[out + 1]! += fragment.green / SAMPLING;
        picture[out + 2]! += fragment.blue / SAMPLING;
      }
    }
  }
  return picture;
}
