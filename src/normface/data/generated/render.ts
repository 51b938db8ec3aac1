import { UserError } from '../../errors.ts';
import type { Image } from '../image.ts';
import { createBackdrop } from './backdrop.ts';
import { createCamera } from './camera.ts';
import { DIFFICULTY, type Difficulty } from './difficulty.ts';
import { drawKey, STREAM } from './draws.ts';
import { express, type Face } from './expression.ts';
import { createGlasses } from './glasses.ts';
import { createCovering } from './hairline.ts';
import { sampleIdentity } from './identity.ts';
import { createLight } from './light.ts';
import { buildPatches, FIELD, FIELDS, PART } from './mesh.ts';
import { sampleNuisance } from './nuisance.ts';
import type { Vector } from './numeric.ts';
import { createOccluder } from './occluder.ts';
import { createFragment, type Painter } from './paint.ts';
import { createEyePainter } from './paint-eyes.ts';
import { createBeardPainter, createBrowPainter, createHairPainter } from './paint-hair.ts';
import { createMouthPainter } from './paint-mouth.ts';
import { createEarPainter, createNeckPainter, createSkinPainter } from './paint-skin.ts';
import { photograph } from './photograph.ts';
import { EMPTY, rasterise } from './rasterise.ts';
import { createRelief, type Relief } from './relief.ts';

/** Samples per pixel side; their mean is the pixel, which smooths every edge. */
const OVERSAMPLING = 2;

/**
 * Picture number `sample` of person number `identity` in the generated data set `seed`: an aligned crop in the geometry of
 * 96 x 112 (another aspect shows the middle). The same arguments give the same bits everywhere; nothing is kept between
 * calls. `seed` is an integer in [0, 2^53), `identity` and `sample` are integers in [0, 2^32), width and height are
 * integers in [8, 1024]; anything else throws a UserError.
 */
export function renderFace(
  seed: number,
  identity: number,
  sample: number,
  size: { width: number; height: number },
  difficulty: Difficulty = DIFFICULTY,
): Image {
  requireInteger('seed', seed, 0, Number.MAX_SAFE_INTEGER);
  requireInteger('identity', identity, 0, 2 ** 32 - 1);
  requireInteger('sample', sample, 0, 2 ** 32 - 1);
  requireInteger('width', size.width, 8, 1024);
  requireInteger('height', size.height, 8, 1024);
  const person = sampleIdentity(seed, identity);
  const nuisance = sampleNuisance(seed, identity, sample, person, difficulty);

  const face = express(person, nuisance);
  const covering = createCovering(person, nuisance);
  const relief = createRelief(face, covering);
  const raster = { width: size.width * OVERSAMPLING, height: size.height * OVERSAMPLING };
  const camera = createCamera(nuisance, landmarks(face, relief), raster);
  const visible = rasterise(buildPatches(face, relief, camera), raster.width, raster.height);

  const glasses = createGlasses(face, nuisance, relief, camera);
  const occluder = createOccluder(person, nuisance, raster);
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
  const light = new Float32Array(raster.width * raster.height * 3);
  const fragment = createFragment();
  const point = new Float64Array(2);
  for (let row = 0, at = 0; row < raster.height; row++) {
    for (let column = 0; column < raster.width; column++, at++) {
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
        fragment.x = fields[f + FIELD.x];
        fragment.y = fields[f + FIELD.y];
        fragment.angle = fields[f + FIELD.angle];
        fragment.normalX = fields[f + FIELD.normalX];
        fragment.normalY = fields[f + FIELD.normalY];
        fragment.openness = fields[f + FIELD.openness];
        if (part[at] === PART.head) {
          fragment.hair = covering.hair(fragment.x, fragment.y, fragment.angle);
          if (fragment.hair < 1) for (const paint of bareHead) paint(fragment);
          hair(fragment);
        } else if (part[at] === PART.ear) ear(fragment);
        else neck(fragment);
        illuminate(fragment);
      }
      for (const overlay of overlays) overlay(fragment);
      light[3 * at] = fragment.red;
      light[3 * at + 1] = fragment.green;
      light[3 * at + 2] = fragment.blue;
    }
  }
  const noiseKey = drawKey(seed, STREAM.sensor, identity, sample);
  const pixels = photograph(light, size.width, size.height, OVERSAMPLING, nuisance, noiseKey);
  return { width: size.width, height: size.height, pixels };
}

/** Eyes, nose tip and corners of the mouth on the surface, in the order of the camera's template. */
function landmarks(face: Face, relief: Relief): Vector[] {
  const { eyes, nose, mouth } = face.person;
  const corner = mouth.y + 0.7 * mouth.cornerLift;
  return [
    relief.over(-eyes.x, eyes.y),
    relief.over(eyes.x, eyes.y),
    relief.over(0, nose.tipY),
    relief.over(-mouth.halfWidth, corner),
    relief.over(mouth.halfWidth, corner),
  ];
}

function requireInteger(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new UserError(
      `renderFace: ${name} must be an integer from ${least} to ${most}, got ${String(value)}.`,
    );
  }
}
