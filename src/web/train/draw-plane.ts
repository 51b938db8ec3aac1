/** Features of two numbers: on the plane as they are, or on the circle. */

import { roundStep, sectorsOf, stripsOf } from '../live/layout.ts';
import { formatSignificant } from '../parts/format.ts';
import type { Brush } from './brush.ts';
import type { Scene } from './scene.ts';

/** Of the sectors' colours, so that points stand out. */
const sectorAlpha = 0.12;

export function drawPlane(brush: Brush, scene: Scene): void {
  const { embedding, layout, mode, names } = scene;
  sectors(brush, scene);
  if (mode === 'raw') polarGrid(brush, layout.unit);
  else brush.circle(1, brush.palette.soft, 1.2);
  layout.features.forEach((place, i) => {
    brush.dot(place, brush.colour(embedding.labels[i]!), 3, 0.85, embedding.heldOut[i]!);
  });
  layout.agents.forEach((tip, k) => {
    brush.arrow(tip, brush.colour(k));
  });
  layout.names.forEach((place, k) => {
    brush.name(place, names[k]!, brush.colour(k));
  });
  if (scene.showCentres)
    for (const centre of layout.centres) brush.dot(centre, brush.palette.ink, 7, 1, true);
}

/** Where which agent is the best: the wedges of the paper's Figure 2. */
function sectors(brush: Brush, { embedding, mode, layout }: Scene): void {
  const { context, side } = brush;
  const outer = mode === 'raw' ? side : brush.pixels(1);
  context.globalAlpha = sectorAlpha;
  for (const { from, to, agent } of sectorsOf(embedding)) {
    context.beginPath();
    context.moveTo(side / 2, side / 2);
    // Canvases count angles with the clock.
    context.arc(side / 2, side / 2, outer, -from, -to, true);
    context.closePath();
    context.fillStyle = brush.colour(agent);
    context.fill();
  }
  if (mode === 'raw') {
    const { unit, range } = layout;
    for (const { x, y, width, height, agent } of stripsOf(embedding, unit * range)) {
      const [left, top] = [brush.x({ x: x / unit }), brush.y({ y: (y + height) / unit })];
      context.fillStyle = brush.colour(agent);
      context.fillRect(left, top, brush.pixels(width / unit), brush.pixels(height / unit));
    }
  }
  context.globalAlpha = 1;
}

/** Circles of round radii in the units of the features. */
function polarGrid(brush: Brush, unit: number): void {
  const { palette } = brush;
  const step = roundStep(unit);
  for (let radius = step; radius < 1.5 * unit; radius += step) {
    brush.circle(radius / unit, palette.line);
    if (radius < unit) brush.note({ x: radius / unit, y: 0 }, formatSignificant(radius));
  }
  for (const axis of [
    [
      { x: -2, y: 0 },
      { x: 2, y: 0 },
    ],
    [
      { x: 0, y: -2 },
      { x: 0, y: 2 },
    ],
  ])
    brush.line(axis, palette.line, 1);
}
