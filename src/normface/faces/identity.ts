import { Draws, drawKey, STREAM } from './draws.ts';
import { type Colour, clamp, mix, mixColour } from './numeric.ts';

/**
 * What stays the same in every picture of one person. Lengths are in head units of 70 mm: x to the right of the picture,
 * y up from the line of the eyes, z towards the camera; "half width" means from the middle line. Colours are display
 * colours. Means follow adult anthropometry (eye distance 63 mm, face width 140 mm, eyes to chin 115 mm).
 */
export interface Identity {
  /** Latent traits that many attributes share, each in [0, 1]. */
  readonly masculinity: number;
  readonly age: number;
  readonly head: {
    readonly cheekHalfWidth: number;
    readonly templeHalfWidth: number;
    readonly jawHalfWidth: number;
    readonly chinHalfWidth: number;
    readonly chinY: number;
    readonly crownY: number;
    readonly depth: number;
    /** 0 round to 0.6 flat front. */
    readonly flatness: number;
    readonly foreheadSlope: number;
    readonly midface: number;
    readonly chinForward: number;
    readonly chinCleft: number;
    readonly cheekbone: number;
    /** Negative hollow, positive full cheeks. */
    readonly cheekFullness: number;
    readonly browRidge: number;
    readonly socketDepth: number;
    readonly asymmetry: number;
  };
  readonly eyes: {
    readonly x: number;
    readonly y: number;
    readonly halfWidth: number;
    /** Opening of the upper and lower lid, in half widths. */
    readonly upper: number;
    readonly lower: number;
    /** Rise of the outer corner, in half widths per half width. */
    readonly cant: number;
    /** Shift of the lid's highest point to the outside. */
    readonly skew: number;
    readonly irisRadius: number;
    readonly iris: Colour;
    readonly crease: number;
    readonly creaseHeight: number;
    readonly bags: number;
    readonly lash: number;
  };
  readonly brows: {
    readonly y: number;
    readonly inner: number;
    readonly length: number;
    readonly thickness: number;
    readonly arch: number;
    readonly slope: number;
    readonly density: number;
    readonly colour: Colour;
  };
  readonly nose: {
    readonly tipY: number;
    readonly bridgeHeight: number;
    readonly tipHeight: number;
    readonly hump: number;
    readonly bridgeHalfWidth: number;
    readonly tipHalfWidth: number;
    readonly wingHalfWidth: number;
    readonly wingHeight: number;
    readonly upturn: number;
    readonly nostril: number;
    readonly bend: number;
  };
  readonly mouth: {
    readonly y: number;
    readonly halfWidth: number;
    readonly upperLip: number;
    readonly lowerLip: number;
    readonly cupidBow: number;
    readonly cornerLift: number;
    readonly forward: number;
    readonly lipColour: Colour;
    readonly philtrum: number;
    readonly teeth: number;
  };
  readonly skin: {
    readonly colour: Colour;
    readonly ruddiness: number;
    readonly gloss: number;
    readonly freckles: number;
    readonly blotches: number;
    readonly wrinkles: number;
    readonly nasolabial: number;
    readonly textureOffset: number;
    readonly moles: readonly { readonly x: number; readonly y: number; readonly radius: number }[];
  };
  readonly hair: {
    readonly colour: Colour;
    /** 0 none, 1 full head of hair. */
    readonly density: number;
    readonly hairlineY: number;
    readonly widowPeak: number;
    readonly recession: number;
    readonly volume: number;
    /** Lowest point of the side hair: 0 sideburns at the ear, below -1 long hair. */
    readonly sideY: number;
    /** How far side hair comes in over the face, head units. */
    readonly sideCover: number;
    readonly fringe: number;
    readonly partX: number;
    readonly curl: number;
    readonly shine: number;
  };
  readonly beard: {
    readonly moustache: number;
    readonly chin: number;
    readonly jaw: number;
    readonly stubble: number;
    readonly colour: Colour;
  };
  readonly ears: {
    readonly size: number;
    readonly spread: number;
    readonly y: number;
  };
  readonly glasses: GlassesFrame & { readonly worn: boolean };
}

export interface GlassesFrame {
  readonly halfWidth: number;
  readonly halfHeight: number;
  /** 0 rectangle to 1 ellipse. */
  readonly roundness: number;
  readonly rim: number;
  readonly colour: Colour;
}

const SKIN: readonly Colour[] = [
  [0.95, 0.8, 0.72],
  [0.9, 0.72, 0.61],
  [0.8, 0.62, 0.51],
  [0.66, 0.49, 0.39],
  [0.48, 0.34, 0.27],
  [0.34, 0.24, 0.19],
];
const HAIR: readonly Colour[] = [
  [0.83, 0.68, 0.43],
  [0.66, 0.46, 0.25],
  [0.5, 0.27, 0.14],
  [0.34, 0.22, 0.14],
  [0.2, 0.14, 0.1],
  [0.09, 0.075, 0.07],
];
const IRIS: readonly Colour[] = [
  [0.45, 0.6, 0.75],
  [0.42, 0.52, 0.55],
  [0.42, 0.52, 0.36],
  [0.5, 0.38, 0.2],
  [0.32, 0.2, 0.11],
  [0.16, 0.1, 0.07],
];

function palette(colours: readonly Colour[], position: number): Colour {
  const p = clamp(position, 0, 1) * (colours.length - 1);
  const i = Math.min(colours.length - 2, Math.floor(p));
  return mixColour(colours[i]!, colours[i + 1]!, p - i);
}

/** The person number `identity` of data set `seed`; every attribute is continuous, some 80 in all. */
export function sampleIdentity(seed: number, identity: number): Identity {
  const d = new Draws(drawKey(seed, STREAM.identity, identity));
  const n = (mean: number, deviation: number) => d.normal(mean, deviation);
  // A flat-topped spread between two gentle modes: most people are clearly one or the other, some in between.
  const masculinity = clamp(d.chance(0.55) ? n(0.82, 0.14) : n(0.18, 0.14), 0, 1);
  const age = d.uniform() * (0.55 + 0.45 * d.uniform());
  const melanin = clamp(d.uniform() * 1.02, 0, 1);
  const build = n(0, 1);

  const cheekHalfWidth = n(1.07, 0.05) + 0.02 * build;
  const head: Identity['head'] = {
    cheekHalfWidth,
    templeHalfWidth: cheekHalfWidth * n(0.94, 0.03),
    jawHalfWidth: cheekHalfWidth * (n(0.71, 0.05) + 0.07 * masculinity + 0.02 * build),
    chinHalfWidth: n(0.38, 0.05) + 0.1 * masculinity,
    chinY: n(-1.56, 0.075) - 0.1 * masculinity,
    crownY: n(1.62, 0.08),
    depth: n(1.2, 0.08),
    flatness: clamp(n(0.28, 0.12), 0, 0.6),
    foreheadSlope: n(0.08, 0.05) + 0.06 * masculinity,
    midface: n(0.02, 0.035),
    chinForward: n(0, 0.045),
    chinCleft: Math.max(0, n(-0.3, 0.7)) * masculinity,
    cheekbone: Math.max(0, n(0.06, 0.035)),
    cheekFullness: n(0, 0.045) + 0.03 * build - 0.03 * age,
    browRidge: Math.max(0, n(0.02, 0.02) + 0.05 * masculinity),
    socketDepth: Math.max(0.03, n(0.11, 0.03) + 0.02 * age),
    asymmetry: n(0, 0.012),
  };
  const eyes: Identity['eyes'] = {
    x: n(0.455, 0.025),
    y: 0,
    halfWidth: n(0.245, 0.02) - 0.012 * masculinity,
    upper: clamp(n(0.44, 0.09) - 0.06 * masculinity - 0.06 * age, 0.22, 0.7),
    lower: clamp(n(0.24, 0.06), 0.1, 0.4),
    cant: n(0.06, 0.085),
    skew: n(0, 0.22),
    irisRadius: n(0.42, 0.025),
    iris: palette(IRIS, clamp(d.uniform() * 0.75 + 0.7 * melanin - 0.1, 0, 1)),
    crease: clamp(n(0.55, 0.35), 0, 1.1),
    creaseHeight: clamp(n(0.24, 0.09), 0.08, 0.5),
    bags: clamp(n(0.2, 0.2) + 0.4 * age, 0, 1),
    lash: clamp(n(0.95, 0.25) - 0.55 * masculinity, 0.2, 1.5),
  };

  const greying = clamp((age - 0.62) * 3 + n(0, 0.35), 0, 1) * (age > 0.5 ? 1 : 0);
  const naturalHair = palette(HAIR, clamp(d.uniform() * 0.85 + 0.75 * melanin - 0.05, 0, 1));
  const hairColour = mixColour(naturalHair, [0.74, 0.73, 0.72], greying * 0.95);
  const browColour = mixColour(mixColour(naturalHair, [0.16, 0.11, 0.08], 0.45), hairColour, 0.35 * greying);
  const brows: Identity['brows'] = {
    y: n(0.35, 0.035) - 0.05 * masculinity,
    inner: n(0.17, 0.035),
    length: n(0.56, 0.045),
    thickness: clamp(n(0.05, 0.013) + 0.03 * masculinity, 0.022, 0.12),
    arch: n(0.07, 0.03) - 0.025 * masculinity,
    slope: n(0.02, 0.05),
    density: clamp(n(0.75, 0.2), 0.25, 1.1),
    colour: browColour,
  };
  const nose: Identity['nose'] = {
    tipY: n(-0.5, 0.05) - 0.03 * masculinity,
    bridgeHeight: clamp(n(0.13, 0.04) + 0.03 * masculinity, 0.03, 0.28),
    tipHeight: clamp(n(0.29, 0.045) + 0.03 * masculinity, 0.16, 0.45),
    hump: n(0.01, 0.03),
    bridgeHalfWidth: clamp(n(0.13, 0.022), 0.07, 0.22),
    tipHalfWidth: clamp(n(0.175, 0.028), 0.1, 0.28),
    wingHalfWidth: clamp(n(0.22, 0.024) + 0.035 * melanin, 0.15, 0.36),
    wingHeight: n(0.13, 0.02),
    upturn: n(0.1, 0.035),
    nostril: clamp(n(0.75, 0.25), 0.2, 1.4),
    bend: n(0, 0.018),
  };
  const redLips: Colour = [0.72 - 0.3 * melanin, 0.36 - 0.14 * melanin, 0.35 - 0.12 * melanin];
  const skinColour = palette(SKIN, clamp(melanin * 0.92 + n(0.02, 0.04), 0, 1));
  const mouth: Identity['mouth'] = {
    y: n(-0.93, 0.045),
    halfWidth: clamp(n(0.385, 0.035) + 0.02 * masculinity, 0.25, 0.5),
    upperLip: clamp(n(0.085, 0.025) + 0.025 * melanin - 0.02 * masculinity - 0.02 * age, 0.025, 0.17),
    lowerLip: clamp(n(0.125, 0.03) + 0.025 * melanin - 0.015 * masculinity - 0.02 * age, 0.045, 0.23),
    cupidBow: clamp(n(0.3, 0.18), 0, 0.75),
    cornerLift: n(0, 0.028),
    forward: n(0.02, 0.035) + 0.03 * melanin,
    lipColour: mixColour(skinColour, redLips, clamp(n(0.75, 0.18) - 0.15 * masculinity, 0.2, 1)),
    philtrum: clamp(n(0.5, 0.3), 0, 1),
    teeth: clamp(n(0.85, 0.08), 0.6, 1),
  };

  const moles = [];
  for (let k = d.chance(0.5) ? 1 + Math.floor(d.uniform() * 3) : 0; k > 0; k--) {
    moles.push({ x: d.range(-0.75, 0.75), y: d.range(-1.4, 0.6), radius: d.range(0.018, 0.04) });
  }
  const skin: Identity['skin'] = {
    colour: skinColour,
    ruddiness: clamp(n(0.4, 0.3), 0, 1.2) * (1 - 0.6 * melanin),
    gloss: clamp(n(0.5, 0.25), 0.05, 1.2),
    freckles: d.chance(0.22) ? d.range(0.3, 1) * (1 - 0.8 * melanin) : 0,
    blotches: clamp(n(0.5, 0.25), 0, 1.2),
    wrinkles: clamp(n(0, 0.2) + 1.5 * (age - 0.45), 0, 1),
    nasolabial: clamp(n(0.15, 0.15) + 0.6 * age, 0, 1),
    textureOffset: d.uniform() * 64,
    moles,
  };

  const bald = masculinity > 0.5 ? clamp(n(-0.5, 0.55) + 0.9 * age, 0, 1) : 0;
  const longHair = d.chance(mix(0.72, 0.06, masculinity));
  const hair: Identity['hair'] = {
    colour: hairColour,
    density: bald > 0.8 ? 0 : 1,
    hairlineY: clamp(n(0.93, 0.07) + 0.45 * bald, 0.72, 1.5),
    widowPeak: Math.max(0, n(0.02, 0.06)),
    recession: clamp(n(0.06, 0.08) + 0.35 * bald, 0, 0.5),
    volume: clamp(n(longHair ? 0.2 : 0.13, 0.06), 0.03, 0.36),
    sideY: longHair ? d.range(-3, -1.3) : n(-0.05, 0.1),
    sideCover: longHair ? d.range(0, 0.25) : 0,
    fringe: d.chance(longHair ? 0.5 : 0.3) ? d.range(0.1, 0.6) * (1 - bald) : 0,
    partX: n(0, 0.35),
    curl: clamp(d.chance(0.3) ? d.range(0.4, 1) : d.range(0, 0.3), 0, 1),
    shine: clamp(n(0.5, 0.25), 0, 1.1),
  };
  const bearded = masculinity > 0.5 && d.chance(0.5);
  const amount = () => (bearded && d.chance(0.6) ? d.range(0.45, 1) : 0);
  const beard: Identity['beard'] = {
    moustache: amount(),
    chin: amount(),
    jaw: bearded && d.chance(0.45) ? d.range(0.4, 1) : 0,
    stubble: masculinity > 0.5 ? clamp(n(0.3, 0.25), 0, 0.9) : 0,
    colour: mixColour(hairColour, [0.14, 0.1, 0.08], 0.3 * (1 - greying)),
  };
  const dark = d.range(0.04, 0.25);
  const frameColour: Colour = d.chance(0.3)
    ? [d.range(0.5, 0.75), d.range(0.45, 0.62), d.range(0.35, 0.55)]
    : [dark + d.range(0, 0.3), dark + d.range(0, 0.08), dark + d.range(0, 0.12)];
  return {
    masculinity,
    age,
    head,
    eyes,
    brows,
    nose,
    mouth,
    skin,
    hair,
    beard,
    ears: { size: n(0.3, 0.035), spread: clamp(n(0.45, 0.18), 0.1, 0.9), y: n(-0.12, 0.05) },
    glasses: {
      worn: d.chance(0.15 + 0.25 * age),
      halfWidth: n(0.36, 0.03),
      halfHeight: clamp(n(0.26, 0.04), 0.16, 0.36),
      roundness: d.uniform(),
      rim: clamp(n(0.04, 0.016), 0.016, 0.08),
      colour: frameColour,
    },
  };
}
