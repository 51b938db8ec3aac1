/** What drawings of embeddings are made of: points, arrows, names and lines on a square canvas. */

import type { Place } from '../../common/projection.ts';
import type { Palette } from './palette.ts';

export class Brush {
  readonly context: CanvasRenderingContext2D;
  readonly palette: Palette;
  /** Side in CSS pixels. */
  readonly side: number;
  private readonly range: number;

  constructor(context: CanvasRenderingContext2D, side: number, range: number, palette: Palette) {
    this.context = context;
    this.side = side;
    this.range = range;
    this.palette = palette;
  }

  /** CSS pixels of a length of the drawing. */
  pixels(length: number): number {
    return (length * this.side) / 2 / this.range;
  }

  x({ x }: Pick<Place, 'x'>): number {
    return this.side / 2 + this.pixels(x);
  }

  y({ y }: Pick<Place, 'y'>): number {
    return this.side / 2 - this.pixels(y);
  }

  colour(index: number): string {
    return this.palette.classes[index % this.palette.classes.length]!;
  }

  /** @param isHollow a ring instead of a disc */
  dot(place: Place, colour: string, radius: number, alpha: number, isHollow: boolean): void {
    const { context } = this;
    context.globalAlpha = alpha;
    context.beginPath();
    context.arc(this.x(place), this.y(place), isHollow ? radius - 0.4 : radius, 0, 2 * Math.PI);
    if (isHollow) {
      context.lineWidth = 1.4;
      context.strokeStyle = colour;
      context.stroke();
    } else {
      context.fillStyle = colour;
      context.fill();
    }
    context.globalAlpha = 1;
  }

  circle(radius: number, colour: string, width = 1): void {
    const { context } = this;
    context.beginPath();
    context.arc(this.side / 2, this.side / 2, this.pixels(radius), 0, 2 * Math.PI);
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.stroke();
  }

  line(places: readonly Pick<Place, 'x' | 'y'>[], colour: string, width: number, alpha = 1): void {
    const { context } = this;
    context.globalAlpha = alpha;
    context.beginPath();
    places.forEach((place, i) => {
      if (i === 0) context.moveTo(this.x(place), this.y(place));
      else context.lineTo(this.x(place), this.y(place));
    });
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.stroke();
    context.globalAlpha = 1;
  }

  /** From the origin, with an edge in the colour of the paper that sets it off from the points. */
  arrow(tip: Place, colour: string, alpha = 1): void {
    const { context } = this;
    const [x, y] = [this.x(tip), this.y(tip)];
    const [fromX, fromY] = [this.side / 2, this.side / 2];
    const length = Math.hypot(x - fromX, y - fromY);
    if (length < 1) return;
    const [dx, dy] = [(x - fromX) / length, (y - fromY) / length];
    const head = Math.min(11, length);
    const shaft = () => {
      context.beginPath();
      context.moveTo(fromX, fromY);
      context.lineTo(x - 0.7 * head * dx, y - 0.7 * head * dy);
      context.stroke();
    };
    const point = () => {
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(x - head * dx - 0.45 * head * dy, y - head * dy + 0.45 * head * dx);
      context.lineTo(x - head * dx + 0.45 * head * dy, y - head * dy - 0.45 * head * dx);
      context.closePath();
    };
    context.globalAlpha = alpha;
    context.lineJoin = 'round';
    context.strokeStyle = this.palette.paper;
    context.lineWidth = 5;
    shaft();
    point();
    context.lineWidth = 3;
    context.stroke();
    context.strokeStyle = colour;
    context.fillStyle = colour;
    context.lineWidth = 2.4;
    shaft();
    point();
    context.fill();
    context.globalAlpha = 1;
  }

  /** A name on a place, readable on whatever is below it. */
  name(place: Place, text: string, colour: string, alpha = 1): void {
    const { context } = this;
    context.globalAlpha = alpha;
    context.font = '600 13px system-ui, sans-serif';
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.lineJoin = 'round';
    context.lineWidth = 4;
    context.strokeStyle = this.palette.paper;
    context.strokeText(text, this.x(place), this.y(place));
    context.fillStyle = colour;
    context.fillText(text, this.x(place), this.y(place));
    context.globalAlpha = 1;
  }

  /** A small note, at a place and not in its middle. */
  note(place: Pick<Place, 'x' | 'y'>, text: string): void {
    const { context } = this;
    context.font = '11px system-ui, sans-serif';
    context.textAlign = 'left';
    context.textBaseline = 'bottom';
    context.fillStyle = this.palette.soft;
    context.fillText(text, this.x(place) + 3, this.y(place) - 2);
  }
}
