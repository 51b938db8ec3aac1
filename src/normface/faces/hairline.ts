import type { Identity } from './identity.ts';
import type { Nuisance } from './nuisance.ts';
import { bell, mix, smoothstep } from './numeric.ts';
import { valueNoise } from './value-noise.ts';

/**
 * Where the head is covered, as functions of the face plane (x, y) and the angle around the head, which tells the temples
 * (about 1.1 rad) from the ears (1.6 rad) where x hardly changes any more.
 */
export interface Covering {
  /** 0 skin to 1 hair. */
  hair(x: number, y: number, angle: number): number;
  /** 0 to 1 under the cap, if one is worn. */
  cap(x: number, y: number): number;
  /** Outward displacement of the surface by hair or cap, head units. */
  thickness(x: number, y: number, angle: number): number;
  /** Forward displacement of the cap's brim, head units. */
  brim(x: number, y: number): number;
}

export function createCovering(person: Identity, nuisance: Nuisance): Covering {
  const { hair } = person;
  const { cap, grooming } = nuisance;
  const volume = hair.volume * grooming.hairVolume;
  const line = hair.hairlineY + 0.3 * grooming.hairShift;
  const fringe = hair.fringe > 0 ? Math.max(0, hair.fringe + grooming.hairShift) : 0;
  const sideY = hair.sideY + grooming.hairShift;
  const sideStart = 1.12 - hair.sideCover;
  const roughness = 0.03 + 0.07 * hair.curl;

  // Below this height, and nearer to the front than this angle, there is no hair on any face: most samples stop here.
  const lowest = line - hair.widowPeak - fringe - 0.45;
  const clear = sideStart - 0.02;

  /** Height of the hairline over the forehead. */
  const front = (x: number): number => {
    const ax = x < 0 ? -x : x;
    const corner = (ax - 0.52) / 0.34;
    const part = (x - hair.partX) / 0.3;
    return (
      line -
      hair.widowPeak * bell((x * x) / 0.05) +
      hair.recession * bell(corner * corner) -
      0.16 * ax * ax -
      fringe * (1 - 0.75 * bell(part * part)) * (1 - 0.25 * ax)
    );
  };
  const capDepth = (x: number, y: number): number =>
    cap ? smoothstep(-0.012, 0.012, y - cap.y + 0.1 * x * x) : 0;

  return {
    hair(x, y, angle) {
      if (hair.density === 0 || (y < lowest && angle < clear && angle > -clear)) return 0;
      const wobble = roughness * valueNoise(x * 9 + grooming.noiseOffset, y * 2.5 + angle * 6);
      const side = smoothstep(sideStart, sideStart + 0.2, angle < 0 ? -angle : angle);
      return smoothstep(-0.035, 0.045, y - mix(front(x), sideY, side) - wobble);
    },
    cap: capDepth,
    thickness(x, y, angle) {
      if (cap && y > cap.y - 0.1 * x * x) return 0.13;
      if (hair.density === 0) return 0;
      const curl = 1 + 0.5 * hair.curl * valueNoise(x * 5 + grooming.noiseOffset, y * 5 + angle * 3);
      // At the sides it grows gently from where the hair begins, else the skin before it would be drawn out to a flap.
      const around = angle < 0 ? -angle : angle;
      const side = smoothstep(sideStart + 0.1, sideStart + 0.75, around) * smoothstep(sideY, sideY + 0.5, y);
      return volume * curl * Math.max(smoothstep(0, 0.4, y - front(x)), side);
    },
    brim(x, y) {
      if (!cap) return 0;
      const t = (y - cap.y + 0.1 * x * x - 0.07) / 0.13;
      return cap.brim * bell(t * t) * bell((x * x) / 1.3);
    },
  };
}
