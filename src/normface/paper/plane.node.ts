/** Drawings in the plane with equal units on both axes, and on the unit sphere seen from one side. */

import * as Plot from '@observablehq/plot';
import { type LegendEntry, plotWidth, renderPlot, seriesColor } from '../../common/plot-frame.node.ts';
import { lookingFrom, seen, sphereGrid, type View } from '../../common/projection.ts';
import type { Point2, Point3 } from '../../common/vectors.ts';

export interface PlaneOptions {
  readonly description: string;
  readonly legend: readonly LegendEntry[];
  /** Both axes. */
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly xLabel?: string;
  readonly yLabel?: string;
  /** Without axes. */
  readonly bare?: boolean;
  readonly marks: Plot.Markish[];
}

/** A colour for each of ten digits or classes. */
export const tenColors: readonly string[] = Array.from({ length: 10 }, (_, k) => seriesColor(k));

/** A stand-alone SVG. */
export function planePlot({ x, y, xLabel, yLabel, ...frame }: PlaneOptions): string {
  const axis = (domain: readonly [number, number], label = '') => ({ domain: [...domain], label, ticks: 6 });
  return renderPlot({
    ...frame,
    x: axis(x, xLabel),
    y: axis(y, yLabel),
    plotHeight: (plotWidth * (y[1] - y[0])) / (x[1] - x[0]),
  });
}

export function dots(points: readonly Point2[], options: Plot.DotOptions): Plot.Markish {
  return Plot.dot(points, { x: ([x]: Point2) => x, y: ([, y]: Point2) => y, ...options });
}

export function polyline(points: readonly Point2[], options: Plot.LineOptions): Plot.Markish {
  return Plot.line(points, { x: ([x]: Point2) => x, y: ([, y]: Point2) => y, ...options });
}

export function arrows(
  ends: readonly (readonly [from: Point2, to: Point2])[],
  options: Plot.ArrowOptions,
): Plot.Markish {
  type Ends = (typeof ends)[number];
  return Plot.arrow(ends, {
    x1: ([from]: Ends) => from[0],
    y1: ([from]: Ends) => from[1],
    x2: ([, to]: Ends) => to[0],
    y2: ([, to]: Ends) => to[1],
    headLength: 9,
    ...options,
  });
}

/** Text beside points. */
export function labels(
  places: readonly { readonly at: Point2; readonly text: string }[],
  options: Plot.TextOptions = {},
) {
  type Place = (typeof places)[number];
  return Plot.text(places, {
    x: ({ at }: Place) => at[0],
    y: ({ at }: Place) => at[1],
    text: 'text',
    fontSize: 19,
    fontStyle: 'italic',
    ...options,
  });
}

export function circle(radius: number, options: Plot.LineOptions): Plot.Markish {
  const points = Array.from({ length: 181 }, (_, k): Point2 => {
    const angle = (k * Math.PI) / 90;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
  return polyline(points, options);
}

/** A view of the unit sphere: parallel projection along a direction. */
export class SphereView {
  private readonly view: View;

  /** @param from direction to the eye; the third axis points up */
  constructor(from: Point3) {
    this.view = lookingFrom(from);
  }

  project(point: Point3): Point2 {
    const { x, y } = seen(this.view, point);
    return [x, y];
  }

  /** Whether a point of the sphere is on the side that is seen. */
  isFront(point: Point3): boolean {
    return seen(this.view, point).depth >= 0;
  }

  /** Outline, meridians and circles of latitude; the far side fainter. */
  net(): Plot.Markish[] {
    const curves = sphereGrid();
    const side = (front: boolean, opacity: number) =>
      curves.map((curve) =>
        Plot.line(curve, {
          x: (point: Point3) => (this.isFront(point) === front ? this.project(point)[0] : Number.NaN),
          y: (point: Point3) => this.project(point)[1],
          strokeOpacity: opacity,
        }),
      );
    return [...side(false, 0.1), ...side(true, 0.25), circle(1, { strokeOpacity: 0.6 })];
  }
}
