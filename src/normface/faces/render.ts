import { UserError } from '../../common/errors.ts';
import type { Image } from '../data/images/image.ts';
import { createCamera } from './camera.ts';
import { DIFFICULTY, type Difficulty } from './difficulty.ts';
import { drawKey, STREAM } from './draws.ts';
import { express, type Face } from './expression.ts';
import { createCovering } from './hairline.ts';
import { sampleIdentity } from './identity.ts';
import { lowResolution } from './low-resolution.ts';
import { buildPatches } from './mesh.ts';
import { sampleNuisance } from './nuisance.ts';
import type { Vector } from './numeric.ts';
import { photograph } from './photograph.ts';
import { rasterise, SAMPLING } from './rasterise.ts';
import { createRelief, type Relief } from './relief.ts';
import { shadePicture } from './shade.ts';

/** How good a picture is, where that is not drawn. */
export interface PictureQuality {
  /** Radius of the blur in thousandths of the width, 0 to 250. */
  readonly blur?: number;
  /** Pixels of the width that the picture is reduced to and enlarged from: see {@link lowResolution}. */
  readonly detail?: number;
}

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
  { blur, detail }: PictureQuality = {},
): Image {
  requireInteger('seed', seed, 0, Number.MAX_SAFE_INTEGER);
  requireInteger('identity', identity, 0, 2 ** 32 - 1);
  requireInteger('sample', sample, 0, 2 ** 32 - 1);
  requireInteger('width', size.width, 8, 1024);
  requireInteger('height', size.height, 8, 1024);
  const person = sampleIdentity(seed, identity);
  const drawn = sampleNuisance(seed, identity, sample, person, difficulty);
  const nuisance =
    blur === undefined ? drawn : { ...drawn, photograph: { ...drawn.photograph, blur: blur / 1000 } };

  const face = express(person, nuisance);
  const covering = createCovering(person, nuisance);
  const relief = createRelief(face, covering);
  const raster = { width: size.width * SAMPLING, height: size.height * SAMPLING };
  const camera = createCamera(nuisance, landmarks(face, relief), raster);
  const visible = rasterise(buildPatches(face, relief, camera), raster.width, raster.height);

  const light = shadePicture({ face, nuisance, covering, relief, camera, visible });
  const noiseKey = drawKey(seed, STREAM.sensor, identity, sample);
  const pixels = photograph(light, size.width, size.height, nuisance, noiseKey);
  const { width, height } = size;
  return {
    width,
    height,
    pixels: detail === undefined ? pixels : lowResolution(pixels, width, height, detail),
  };
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
