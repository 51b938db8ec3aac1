import type { Camera } from './camera.ts';
import type { Face } from './expression.ts';
import type { Nuisance } from './nuisance.ts';
import { bell, clamp, linear, mix, smoothstep } from './numeric.ts';
import { cover, type Painter, shade } from './paint.ts';
import type { Relief } from './relief.ts';

/**
 * Spectacles: the front is a plane before the eyes, found in the picture by the inverse of its projection (affine, since
 * the plane is small); the arms are painted on the temples.
 */
export function createGlasses(
  face: Face,
  nuisance: Nuisance,
  relief: Relief,
  camera: Camera,
): { front: Painter; arms: Painter } | null {
  const { glasses } = nuisance;
  if (!glasses) return null;
  const { eyes } = face.person;
  const centreX = Math.max(eyes.x * 0.97, glasses.halfWidth + 0.07);
  const centreY = -0.04 + glasses.slip;
  const z = relief.over(0, centreY)[2] + 0.04;
  const place = (x: number, y: number): Float64Array => {
    const point = new Float64Array([x, y + centreY, z]);
    camera.turn(point);
    camera.project(point);
    return point;
  };
  const [ox, oy] = place(0, 0);
  const [ax, ay] = place(1, 0);
  const [bx, by] = place(0, 1);
  const [ux, uy, vx, vy] = [ax! - ox!, ay! - oy!, bx! - ox!, by! - oy!];
  const inverse = 1 / (ux * vy - uy * vx);
  const colour = linear(glasses.colour);
  const level = 0.35 + 0.5 * nuisance.light.key[1] + 0.3 * nuisance.light.sky[1];
  const rim: readonly [number, number, number] = [colour[0] * level, colour[1] * level, colour[2] * level];
  const tint: readonly [number, number, number] = [0.02 * level, 0.02 * level, 0.025 * level];
  const soft = 1 / camera.samplesPerUnit;
  const half = glasses.rim / 2;
  const edge = centreX + glasses.halfWidth;

  return {
    front(fragment) {
      const { column, row } = fragment;
      const dx = column - ox!;
      const dy = row - oy!;
      const x = (dx * vy - dy * vx) * inverse;
      const y = (ux * dy - uy * dx) * inverse;
      const across = x < 0 ? -x : x;
      if (across > edge + 0.15 || y > 0.5 || y < -0.5) return;
      const px = Math.abs(across - centreX) / glasses.halfWidth;
      const py = Math.abs(y) / glasses.halfHeight;
      const ellipse = (Math.sqrt(px * px + py * py) - 1) * glasses.halfHeight;
      const corner = 0.35 * glasses.halfHeight;
      const qx = Math.max(0, px * glasses.halfWidth - glasses.halfWidth + corner);
      const qy = Math.max(0, py * glasses.halfHeight - glasses.halfHeight + corner);
      const inner = Math.min(0, Math.max(px - 1, py - 1) * glasses.halfHeight + corner);
      const box = Math.sqrt(qx * qx + qy * qy) - corner + inner;
      const distance = mix(box, ellipse, glasses.roundness);
      const lens = smoothstep(soft, -soft, distance);
      if (lens > 0) {
        cover(fragment, tint, lens * glasses.lens);
        const streak = ((x - Math.sign(x) * centreX) * 2 + y * 1.6 - 0.15) / 0.3;
        const glare = glasses.glare * lens * bell(streak * streak) * level;
        fragment.red += 0.5 * glare;
        fragment.green += 0.52 * glare;
        fragment.blue += 0.55 * glare;
      }
      const bridgeY = (y - 0.06 - 0.05 * bell((across * across) / 0.02)) / (half + 0.005);
      const bridge = across < centreX - glasses.halfWidth ? 1 : 0;
      const ring = smoothstep(half + soft, half - soft * 0.5, Math.abs(distance));
      const frame = Math.max(ring, bridge * bell(bridgeY * bridgeY * 0.4));
      const shadow = bell((distance / 0.12) ** 2) * (y < 0 ? 1 : 0.4);
      shade(fragment, 1 - 0.2 * shadow * (1 - frame));
      cover(fragment, rim, clamp(frame * (glasses.rim > 0.03 ? 1 : 0.8), 0, 1));
    },
    arms(fragment) {
      const { x, y } = fragment;
      const across = x < 0 ? -x : x;
      if (across < edge - 0.08) return;
      const height = (y - centreY - 0.08) / (0.03 + half);
      cover(fragment, colour, bell(height * height * 0.5));
    },
  };
}
