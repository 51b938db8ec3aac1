/** Features of three numbers: in space as they are, or on the sphere. What is far is small and pale. */

import { type Place, seen, sphereGrid } from '../../common/projection.ts';
import type { Point3 } from '../../common/vectors.ts';
import type { Brush } from './brush.ts';
import type { Scene } from './scene.ts';

const grid = sphereGrid();
const axes: readonly Point3[] = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

export function drawSpace(brush: Brush, scene: Scene): void {
  const { mode } = scene;
  if (mode === 'normalised') ball(brush);
  half(brush, scene, false);
  half(brush, scene, true);
  scene.layout.names.forEach((place, k) => {
    brush.name(place, scene.names[k]!, brush.colour(k), 0.4 + 0.6 * nearness(place));
  });
  if (mode === 'normalised') brush.circle(1, brush.palette.soft, 1.2);
}

/** Near the eye 1, on the far side 0. */
function nearness({ depth }: Place): number {
  return (Math.max(-1, Math.min(1, depth)) + 1) / 2;
}

/** The far or the near half of all there is. */
function half(brush: Brush, { embedding, layout, mode, view, showCentres }: Scene, near: boolean): void {
  const { palette } = brush;
  const isHere = ({ depth }: Place) => depth >= 0 === near;
  if (mode === 'normalised') {
    for (const curve of grid) {
      const places = curve.map((point) => seen(view, point));
      for (const part of runs(places, isHere)) brush.line(part, palette.soft, 1, near ? 0.4 : 0.15);
    }
  } else {
    axes.forEach((axis, k) => {
      const [x, y, z] = axis;
      for (const sign of [1, -1]) {
        const end = seen(view, [sign * x, sign * y, sign * z]);
        if (!isHere(end)) continue;
        brush.line([{ x: 0, y: 0 }, end], palette.soft, 1, 0.5);
        if (sign === 1) brush.note(end, `${k + 1}`);
      }
    });
  }
  const order = layout.features
    .map((_, i) => i)
    .filter((i) => isHere(layout.features[i]!))
    .sort((i, j) => layout.features[i]!.depth - layout.features[j]!.depth);
  const drawAgents = () =>
    layout.agents.forEach((tip, k) => {
      if (!isHere(tip)) return;
      brush.arrow(tip, brush.colour(k), 0.4 + 0.6 * nearness(tip));
    });
  // An arrow from the middle lies in front of what is far, and behind what is near.
  if (near) drawAgents();
  for (const i of order) {
    const place = layout.features[i]!;
    const close = nearness(place);
    const colour = brush.colour(embedding.labels[i]!);
    brush.dot(place, colour, 1.8 + 1.6 * close, 0.32 + 0.6 * close, embedding.heldOut[i]!);
  }
  if (!near) drawAgents();
  if (showCentres)
    for (const centre of layout.centres)
      if (isHere(centre)) brush.dot(centre, palette.ink, 8, 0.4 + 0.6 * nearness(centre), true);
}

/** The parts of a curve that are on one side, each with the point it comes from, so that nothing gapes. */
function runs(places: readonly Place[], isHere: (place: Place) => boolean): Place[][] {
  const parts: Place[][] = [];
  let last: Place[] | undefined;
  places.forEach((place, i) => {
    if (!isHere(place)) {
      last = undefined;
      return;
    }
    if (!last) {
      last = i > 0 ? [places[i - 1]!] : [];
      parts.push(last);
    }
    last.push(place);
  });
  return parts;
}

/** Light from the upper left, so that the circle is seen as a ball. */
function ball(brush: Brush): void {
  const { context, side, palette } = brush;
  const radius = brush.pixels(1);
  const light = context.createRadialGradient(
    side / 2 - 0.4 * radius,
    side / 2 - 0.4 * radius,
    0.1 * radius,
    side / 2,
    side / 2,
    radius,
  );
  light.addColorStop(0, palette.paper);
  light.addColorStop(1, palette.raised);
  context.beginPath();
  context.arc(side / 2, side / 2, radius, 0, 2 * Math.PI);
  context.fillStyle = light;
  context.fill();
}
