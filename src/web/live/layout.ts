/** Where everything of an embedding goes on a square drawing, the origin in its middle and y upwards. */

import type { Place, View } from '../../common/projection.ts';
import { bestAgent, classCentres, comparedAgents, type Embedding, normalised, reachOf } from './embedding.ts';
import { placesOf } from './view.ts';

/** Features as the net gives them, or divided by their norms. */
export type Mode = 'raw' | 'normalised';

export interface Layout {
  /** What half a side of the drawing stands for. */
  readonly range: number;
  readonly features: readonly Place[];
  /** Tips of the agents' arrows, which begin at the origin. */
  readonly agents: readonly Place[];
  /** Where the names of the agents stand. */
  readonly names: readonly Place[];
  /** Directions of the class means; none where they say nothing. */
  readonly centres: readonly Place[];
  /** Numbers of a feature in one unit of the drawing. */
  readonly unit: number;
}

/** Each class on a circle of its own, a little farther out than the one before: else all would lie on one another. */
const ringGap = 0.024;

/** Length of the longest agent where its length and those of the features are not comparable. */
const longestAgent = 0.72;

/** Names whose middles are nearer than this would cover one another. */
const nameDistance = 0.12;

export function layOut(embedding: Embedding, mode: Mode, view: View): Layout {
  const { dimension, agents } = embedding;
  const classes = agents.length / dimension;
  const at = (vectors: Float32Array, factor = 1) => placesOf(vectors, dimension, view, factor);
  const outwards = (places: readonly Place[], factor: number): Place[] =>
    places.map(({ x, y, depth }) => ({ x: factor * x, y: factor * y, depth: factor * depth }));
  const centres = at(classCentres(embedding));
  if (mode === 'raw') {
    const reach = reachOf(embedding.features, dimension);
    const tips = at(agents, longestAgent / reachOf(agents, dimension));
    return {
      range: 1.1,
      features: at(embedding.features, 1 / reach),
      agents: tips,
      names: apart(tips.map((tip) => beyond(tip, 0.07))),
      centres: [],
      unit: reach,
    };
  }
  const tips = at(normalised(agents, dimension));
  const features = at(normalised(embedding.features, dimension));
  if (dimension === 3)
    return {
      range: 1.16,
      features,
      agents: tips,
      names: apart(tips.map((tip) => beyond(tip, 0.08))),
      centres,
      unit: 1,
    };
  const outermost = 1 + ringGap * classes;
  return {
    range: outermost + 0.14,
    features: features.map(({ x, y, depth }, i) => {
      const radius = 1 + ringGap * (embedding.labels[i]! + 1);
      return { x: radius * x, y: radius * y, depth };
    }),
    agents: tips,
    names: apart(outwards(tips, outermost + 0.07), outermost + 0.07),
    centres,
    unit: 1,
  };
}

/**
 * Moves places apart that are nearer than {@link nameDistance}: each such pair parts by what it lacks, again and again.
 * @param radius of the circle that they stay on, if they are to stay on one
 */
function apart(places: readonly Place[], radius?: number): Place[] {
  const moved = places.map((place) => ({ ...place }));
  for (let round = 0, isDone = false; round < 100 && !isDone; round++) {
    isDone = true;
    moved.forEach((a, i) => {
      for (const b of moved.slice(i + 1)) {
        const [dx, dy] = [b.x - a.x, b.y - a.y];
        const distance = Math.hypot(dx, dy);
        if (distance > nameDistance - 1e-3) continue;
        isDone = false;
        // Those on one spot part across the line from the origin.
        const [x, y] = distance > 1e-6 ? [dx / distance, dy / distance] : across(a);
        const push = (nameDistance - distance) / 2;
        a.x -= push * x;
        a.y -= push * y;
        b.x += push * x;
        b.y += push * y;
      }
    });
    if (radius !== undefined)
      for (const place of moved) {
        const factor = radius / Math.max(1e-6, Math.hypot(place.x, place.y));
        place.x *= factor;
        place.y *= factor;
      }
  }
  return moved;
}

function across({ x, y }: Place): [number, number] {
  const length = Math.hypot(x, y);
  return length > 1e-6 ? [-y / length, x / length] : [1, 0];
}

/** A little farther out in the drawing. */
function beyond({ x, y, depth }: Place, distance: number): Place {
  const length = Math.hypot(x, y);
  const factor = length > 1e-6 ? 1 + distance / length : 1;
  return { x: factor * x, y: factor * y, depth };
}

/** A part of the plane as seen from the origin: angles in radians, counted against the clock from the first axis. */
export interface Sector {
  readonly from: number;
  readonly to: number;
  /** Whose agent is the best there. */
  readonly agent: number;
}

const directions = 720;

/** The sectors of the agents in the plane; without a bias the best agent depends on the direction alone. */
export function sectorsOf(embedding: Embedding): Sector[] {
  if (embedding.dimension !== 2 || embedding.bias) return [];
  const agents = comparedAgents(embedding);
  const step = (2 * Math.PI) / directions;
  const sectors: Sector[] = [];
  for (let k = 0; k < directions; k++) {
    const [x, y] = [Math.cos((k + 0.5) * step), Math.sin((k + 0.5) * step)];
    const agent = bestAgent([x, y], agents, null);
    const last = sectors.at(-1);
    if (last?.agent === agent) sectors[sectors.length - 1] = { ...last, to: (k + 1) * step };
    else sectors.push({ from: k * step, to: (k + 1) * step, agent });
  }
  return sectors;
}

/** A strip of the plane in the units of the features, one row high, where one agent is the best. */
export interface Strip {
  readonly x: number;
  /** Its lower edge. */
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly agent: number;
}

/**
 * The regions of the agents in the plane where a bias makes them more than sectors.
 * @param reach half the side of the square that is covered, in the units of the features
 */
export function stripsOf(embedding: Embedding, reach: number, rows = 90): Strip[] {
  if (embedding.dimension !== 2 || !embedding.bias) return [];
  const agents = comparedAgents(embedding);
  const height = (2 * reach) / rows;
  const strips: Strip[] = [];
  for (let row = 0; row < rows; row++) {
    const y = row * height - reach;
    let last: Strip | undefined;
    for (let column = 0; column < rows; column++) {
      const x = column * height - reach;
      const agent = bestAgent([x + height / 2, y + height / 2], agents, embedding.bias);
      if (last?.agent === agent) {
        last = { ...last, width: last.width + height };
        strips[strips.length - 1] = last;
      } else {
        last = { x, y, width: height, height, agent };
        strips.push(last);
      }
    }
  }
  return strips;
}

/** An embedding on the way from one to another, `share` of it done. What has another form is not on the way but there. */
export function between(before: Embedding, after: Embedding, share: number): Embedding {
  const isSame =
    before.features.length === after.features.length && before.agents.length === after.agents.length;
  if (!isSame || share >= 1) return after;
  const mix = (a: Float32Array, b: Float32Array) => b.map((value, i) => a[i]! + share * (value - a[i]!));
  return {
    ...after,
    features: mix(before.features, after.features),
    agents: mix(before.agents, after.agents),
  };
}

/** The steps 1, 2 and 5 times a power of ten, of which four to nine fit into `extent`. */
export function roundStep(extent: number): number {
  const power = 10 ** Math.floor(Math.log10(extent / 4));
  const factor = [5, 2, 1].find((one) => one * power * 4 <= extent);
  return (factor ?? 1) * power;
}
