/**
 * How hard the generated set is: the strength of every nuisance, in one place. Angles are radians, "head" is the head unit
 * of 70 mm, fractions are of the image width, brightness is display brightness in [0, 1]; a deviation is that of a normal
 * draw bounded to 3.5 deviations; a rate is a share of the samples. Raising a number makes verification harder.
 * test/normface/generated-faces.test.ts states what raw pixels reach with these values.
 */
export interface Difficulty {
  /** Deviation of the head's left-right turn. */
  readonly yaw: number;
  /** Deviation of the head's up-down turn. */
  readonly pitch: number;
  /** Deviation of the in-plane turn that alignment leaves. */
  readonly roll: number;
  /** Deviation of the shift that alignment leaves, fraction of the width, each axis. */
  readonly shift: number;
  /** Deviation of the relative scale that alignment leaves. */
  readonly scale: number;
  /** Largest sideways angle of the key light. */
  readonly lightAzimuth: number;
  /** Contrast between the lit and the dark side, 0 flat to 1 hard. */
  readonly lightHardness: number;
  /** Deviation of the light's red-blue balance, relative. */
  readonly lightColour: number;
  /** Deviation of the exposure, relative. */
  readonly exposure: number;
  /** Multiplies every expression: smile, open mouth, brows, lids. */
  readonly expression: number;
  /** Deviation of the gaze, in iris radii. */
  readonly gaze: number;
  /** Multiplies what a person changes from day to day: hair volume and shade, beard length, make-up, redness. */
  readonly grooming: number;
  /** Rate of a cap, sunglasses, a hand, a microphone or something at the edge. */
  readonly occlusionRate: number;
  /** Rate at which a wearer of glasses goes without, and others wear some. */
  readonly glassesSwapRate: number;
  /** Largest blur radius, fraction of the width. */
  readonly blur: number;
  /** Largest deviation of the sensor noise, brightness. */
  readonly noise: number;
  /** Deviation of the contrast, relative. */
  readonly contrast: number;
  /** Deviation of the colour saturation, relative; below zero the picture is grey. */
  readonly saturation: number;
  /** Largest quantisation step of the 8 x 8 block compression, brightness. */
  readonly compression: number;
}

export const DIFFICULTY: Difficulty = {
  yaw: 0.3,
  pitch: 0.15,
  roll: 0.06,
  shift: 0.022,
  scale: 0.045,
  lightAzimuth: 1.3,
  lightHardness: 0.85,
  lightColour: 0.085,
  exposure: 0.22,
  expression: 1,
  gaze: 0.35,
  grooming: 1,
  occlusionRate: 0.2,
  glassesSwapRate: 0.15,
  blur: 0.03,
  noise: 0.035,
  contrast: 0.15,
  saturation: 0.22,
  compression: 0.09,
};
