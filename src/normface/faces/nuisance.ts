import { DIFFICULTY, type Difficulty } from './difficulty.ts';
import { Draws, drawKey, STREAM } from './draws.ts';
import type { GlassesFrame, Identity } from './identity.ts';
import { type Colour, clamp, cosine, sine, type Vector } from './numeric.ts';

/** Something in front of the face. Positions are fractions of the picture (x right, y down), sizes of its width. */
export type Occluder =
  | {
      readonly kind: 'hand';
      readonly x: number;
      readonly y: number;
      readonly side: number;
      readonly size: number;
    }
  | {
      readonly kind: 'microphone';
      readonly x: number;
      readonly y: number;
      readonly lean: number;
      readonly size: number;
    }
  | { readonly kind: 'edge'; readonly angle: number; readonly depth: number; readonly colour: Colour };

/** What differs between two pictures of one person. Units as in Identity; angles are radians. */
export interface Nuisance {
  readonly pose: { readonly yaw: number; readonly pitch: number; readonly distance: number };
  readonly alignment: {
    readonly roll: number;
    readonly shiftX: number;
    readonly shiftY: number;
    readonly scale: number;
  };
  readonly light: {
    /** Unit vector to the key light, camera frame. */
    readonly direction: Vector;
    readonly key: Colour;
    readonly sky: Colour;
    readonly ground: Colour;
  };
  readonly expression: {
    readonly smile: number;
    readonly mouthOpen: number;
    readonly pucker: number;
    readonly browRaise: number;
    readonly frown: number;
    readonly squint: number;
    readonly gazeX: number;
    readonly gazeY: number;
  };
  readonly grooming: {
    readonly hairVolume: number;
    readonly hairShift: number;
    readonly hairShade: number;
    readonly beardLength: number;
    readonly makeUp: number;
    readonly redness: number;
    readonly noiseOffset: number;
  };
  readonly glasses:
    | (GlassesFrame & { readonly lens: number; readonly slip: number; readonly glare: number })
    | null;
  readonly cap: { readonly y: number; readonly colour: Colour; readonly brim: number } | null;
  readonly occluder: Occluder | null;
  readonly backdrop: {
    readonly upper: Colour;
    readonly lower: Colour;
    readonly clothes: Colour;
    readonly clutter: number;
    readonly offset: number;
  };
  readonly photograph: {
    readonly exposure: number;
    readonly contrast: number;
    readonly saturation: number;
    readonly blur: number;
    readonly noise: number;
    readonly compression: number;
  };
}

/** The circumstances of picture `sample` of `identity`; `person` decides who usually wears glasses. */
export function sampleNuisance(
  seed: number,
  identity: number,
  sample: number,
  person: Identity,
  difficulty: Difficulty = DIFFICULTY,
): Nuisance {
  const d = new Draws(drawKey(seed, STREAM.nuisance, identity, sample));
  const n = (mean: number, deviation: number) => d.normal(mean, deviation);
  const colour = (low: number, high: number): Colour => {
    const level = d.range(low, high);
    const spread = d.range(0, 0.25);
    const channel = () => clamp(level + spread * (d.uniform() - 0.5), 0, 1);
    return [channel(), channel(), channel()];
  };
  const pose = {
    yaw: clamp(n(0, difficulty.yaw), -0.8, 0.8),
    pitch: clamp(n(0, difficulty.pitch), -0.45, 0.45),
    distance: d.range(8, 25),
  };
  const alignment = {
    roll: n(0, difficulty.roll),
    shiftX: n(0, difficulty.shift),
    shiftY: n(0, difficulty.shift),
    scale: 1 + n(0, difficulty.scale),
  };
  const expressive = difficulty.expression;
  const smile = clamp(n(0.25, 0.5), -0.4, 1.2) * expressive;
  const expression = {
    smile,
    mouthOpen: (d.chance(0.45) ? d.range(0.15, 1) : 0) * expressive,
    pucker: (d.chance(0.12) ? d.range(0.3, 1) : 0) * expressive,
    browRaise: n(0, 0.5) * expressive,
    frown: Math.max(0, n(-0.2, 0.6)) * expressive,
    squint: clamp(
      (d.chance(0.06) ? 1 : Math.max(0, n(0, 0.25))) * expressive + 0.1 * Math.max(0, smile),
      0,
      1,
    ),
    gazeX: n(0, difficulty.gaze),
    gazeY: n(0, difficulty.gaze * 0.5),
  };
  const grooming = {
    hairVolume: clamp(1 + n(0, 0.25 * difficulty.grooming), 0.4, 1.8),
    hairShift: n(0, 0.07 * difficulty.grooming),
    hairShade: clamp(1 + n(0, 0.15 * difficulty.grooming), 0.5, 1.5),
    beardLength: clamp(1 + n(0, 0.3 * difficulty.grooming), 0.1, 1.6),
    makeUp: Math.max(0, n(0, 0.5 * difficulty.grooming)) * (1 - person.masculinity),
    redness: n(0, 0.3 * difficulty.grooming),
    noiseOffset: d.uniform() * 64,
  };

  let glasses: Nuisance['glasses'] = null;
  const swap = d.chance(difficulty.glassesSwapRate * (person.glasses.worn ? 1.6 : 0.5));
  const other: GlassesFrame = {
    halfWidth: d.range(0.31, 0.42),
    halfHeight: d.range(0.18, 0.32),
    roundness: d.uniform(),
    rim: d.range(0.02, 0.07),
    colour: colour(0.05, 0.35),
  };
  const slip = n(0, 0.03);
  const glare = d.chance(0.35) ? d.range(0.1, 0.5) : 0;
  if (person.glasses.worn !== swap) {
    glasses = { ...(person.glasses.worn ? person.glasses : other), lens: 0.06, slip, glare };
  }
  let cap: Nuisance['cap'] = null;
  let occluder: Occluder | null = null;
  if (d.chance(difficulty.occlusionRate)) {
    const kind = d.uniform();
    if (kind < 0.22) {
      glasses = { ...other, lens: d.range(0.8, 0.97), slip, glare };
    } else if (kind < 0.42) {
      cap = { y: n(0.72, 0.07), colour: colour(0.08, 0.7), brim: d.range(0, 0.45) };
    } else if (kind < 0.6) {
      const side = d.chance(0.5) ? 1 : -1;
      occluder = {
        kind: 'hand',
        x: 0.5 + side * d.range(0.12, 0.38),
        y: d.range(0.68, 0.95),
        side,
        size: d.range(0.9, 1.2),
      };
    } else if (kind < 0.78) {
      occluder = {
        kind: 'microphone',
        x: d.range(0.3, 0.7),
        y: d.range(0.72, 0.95),
        lean: n(0, 0.35),
        size: d.range(0.09, 0.14),
      };
    } else {
      occluder = {
        kind: 'edge',
        angle: d.range(-3.1, 3.1),
        depth: d.range(0.12, 0.3),
        colour: colour(0.05, 0.8),
      };
    }
  }

  const azimuth = d.range(-difficulty.lightAzimuth, difficulty.lightAzimuth);
  const elevation = clamp(n(0.45, 0.35), -0.4, 1.2);
  const hardness = difficulty.lightHardness * d.uniform();
  const warmth = n(0, difficulty.lightColour);
  const fillWarmth = n(0, difficulty.lightColour);
  const tint = (level: number, warm: number): Colour => [level * (1 + warm), level, level * (1 - warm)];
  const light = {
    direction: [
      sine(azimuth) * cosine(elevation),
      sine(elevation),
      cosine(azimuth) * cosine(elevation),
    ] as const,
    key: tint(0.45 + 0.75 * hardness, warmth),
    sky: tint(0.62 - 0.5 * hardness, fillWarmth),
    ground: tint(0.36 - 0.3 * hardness, fillWarmth + 0.08),
  };
  const dim = d.range(0.3, 1);
  const upper = colour(0.1, 0.95);
  const other2 = colour(0.1, 0.95);
  return {
    pose,
    alignment,
    light,
    expression,
    grooming,
    glasses,
    cap,
    occluder,
    backdrop: {
      upper,
      lower: [other2[0] * dim, other2[1] * dim, other2[2] * dim],
      clothes: colour(0.05, 0.9),
      clutter: d.chance(0.6) ? d.range(0.1, 0.6) : 0.05,
      offset: d.uniform() * 64,
    },
    photograph: {
      exposure: clamp(1 + n(0, difficulty.exposure), 0.35, 1.9),
      contrast: clamp(1 + n(0, difficulty.contrast), 0.4, 1.6),
      saturation:
        d.chance(0.05) && difficulty.saturation > 0 ? 0 : Math.max(0, 1 + n(0, difficulty.saturation)),
      blur: difficulty.blur * d.uniform() * d.uniform(),
      noise: difficulty.noise * d.uniform() * d.uniform(),
      compression: difficulty.compression * d.uniform() * d.uniform(),
    },
  };
}
