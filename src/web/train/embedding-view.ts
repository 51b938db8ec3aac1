/** The picture: features and agents on a canvas, moving from one embedding to the next, turned by hand where it is space. */

import type { View } from '../../common/projection.ts';
import type { Embedding } from '../live/embedding.ts';
import { between, type Layout, layOut, type Mode } from '../live/layout.ts';
import { sketchView, startView, turned } from '../live/view.ts';
import { onThemeChange } from '../parts/colours.ts';
import { element } from '../parts/element.ts';
import { Brush } from './brush.ts';
import { drawPlane } from './draw-plane.ts';
import { drawSpace } from './draw-space.ts';
import { type Palette, readPalette } from './palette.ts';

export interface EmbeddingViewOptions {
  readonly signal: AbortSignal;
  /** A feature is pointed at, or none any more; the place is in CSS pixels of the canvas. */
  readonly onPoint: (index: number | null, x: number, y: number) => void;
}

/** Radians for an arrow key. */
const keyTurn = 0.09;
/** CSS pixels within which a feature is pointed at. */
const pointingDistance = 9;
/** Longest time from one embedding to the next in milliseconds. */
const longestMove = 350;

const keyTurns: Readonly<Record<string, readonly [rightwards: number, upwards: number]>> = {
  ArrowRight: [keyTurn, 0],
  ArrowLeft: [-keyTurn, 0],
  ArrowUp: [0, keyTurn],
  ArrowDown: [0, -keyTurn],
};

export class EmbeddingView {
  readonly canvas = element('canvas', {
    class: 'train-canvas',
    role: 'img',
    tabindex: 0,
    'aria-label': 'Picture of the features; there are none yet',
  });
  private readonly context = this.canvas.getContext('2d')!;
  private readonly options: EmbeddingViewOptions;
  private readonly stillness = matchMedia('(prefers-reduced-motion: reduce)');
  private palette: Palette = readPalette();
  private side = 0;
  private mode: Mode = 'normalised';
  /** Where Home leads back to. */
  private start: View = startView;
  private view: View = startView;
  private names: readonly string[] = [];
  private showCentres = false;
  private pointed: number | null = null;
  private before: Embedding | null = null;
  private after: Embedding | null = null;
  private arrivedAt = 0;
  private moveTime = 0;
  private frame = 0;
  private layout: Layout | null = null;

  constructor(options: EmbeddingViewOptions) {
    this.options = options;
    const { signal } = options;
    const { canvas } = this;
    const resized = new ResizeObserver(() => this.resize());
    resized.observe(canvas);
    signal.addEventListener('abort', () => {
      resized.disconnect();
      cancelAnimationFrame(this.frame);
    });
    onThemeChange(signal, () => {
      this.palette = readPalette();
      this.draw();
    });
    canvas.addEventListener('keydown', (event) => this.turnByKey(event), { signal });
    canvas.addEventListener('pointerdown', (event) => this.turnByHand(event), { signal });
    canvas.addEventListener('pointermove', (event) => this.point(event), { signal });
    canvas.addEventListener('pointerleave', () => this.pointAt(null, 0, 0), { signal });
  }

  /**
   * Forgets what was shown.
   * @param isSketch whether the two classes of Figure 6 follow: they are seen as there, with the centres of the classes
   */
  clear(names: readonly string[], isSketch: boolean): void {
    this.names = names;
    if (isSketch !== this.showCentres) {
      this.start = isSketch ? sketchView : startView;
      this.view = this.start;
    }
    this.showCentres = isSketch;
    this.before = null;
    this.after = null;
    this.layout = null;
    this.pointAt(null, 0, 0);
    this.draw();
  }

  /** Moves to an embedding. */
  show(embedding: Embedding): void {
    const now = performance.now();
    // The next one will come about as long after this one as this one after the one before.
    this.moveTime = this.stillness.matches ? 0 : Math.min(longestMove, 0.9 * (now - this.arrivedAt));
    this.before = this.current(now);
    this.after = embedding;
    this.arrivedAt = now;
    this.canvas.classList.toggle('turnable', embedding.dimension === 3);
    this.draw();
  }

  setMode(mode: Mode): void {
    this.mode = mode;
    this.draw();
  }

  /** What is shown, in words. */
  describe(text: string): void {
    this.canvas.setAttribute('aria-label', text);
  }

  private current(now: number): Embedding | null {
    if (!this.before || !this.after) return this.after;
    const share = this.moveTime > 0 ? Math.min(1, (now - this.arrivedAt) / this.moveTime) : 1;
    return between(this.before, this.after, share);
  }

  private resize(): void {
    const side = this.canvas.clientWidth;
    if (side === this.side) return;
    this.side = side;
    // Drawn at once: a canvas that changes its size is empty until then.
    this.paint();
  }

  private draw(): void {
    if (this.frame || this.options.signal.aborted) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.paint();
    });
  }

  private paint(): void {
    const { canvas, context, side, mode, view, names, showCentres, pointed } = this;
    if (side === 0) return;
    const ratio = devicePixelRatio;
    const pixels = Math.round(side * ratio);
    if (canvas.width !== pixels || canvas.height !== pixels) {
      canvas.width = pixels;
      canvas.height = pixels;
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, side, side);
    const now = performance.now();
    const embedding = this.current(now);
    if (!embedding) return;
    const layout = layOut(embedding, mode, view);
    this.layout = layout;
    const brush = new Brush(context, side, layout.range, this.palette);
    const scene = { embedding, layout, mode, view, names, showCentres };
    if (embedding.dimension === 2) drawPlane(brush, scene);
    else drawSpace(brush, scene);
    const place = pointed === null ? undefined : layout.features[pointed];
    if (place) brush.dot(place, this.palette.ink, 7, 1, true);
    if (embedding !== this.after) this.draw();
  }

  private turn(rightwards: number, upwards: number): void {
    this.view = turned(this.view, rightwards, upwards);
    this.draw();
  }

  private get isTurnable(): boolean {
    return this.after?.dimension === 3;
  }

  private turnByKey(event: KeyboardEvent): void {
    if (!this.isTurnable || event.altKey || event.ctrlKey || event.metaKey) return;
    const turn = keyTurns[event.key];
    if (turn) this.turn(...turn);
    else if (event.key === 'Home') {
      this.view = this.start;
      this.draw();
    } else return;
    event.preventDefault();
  }

  private turnByHand(start: PointerEvent): void {
    if (!this.isTurnable || start.button !== 0) return;
    const { canvas } = this;
    let [x, y] = [start.clientX, start.clientY];
    const done = new AbortController();
    const signal = AbortSignal.any([done.signal, this.options.signal]);
    canvas.setPointerCapture(start.pointerId);
    canvas.classList.add('turning');
    const end = () => {
      done.abort();
      canvas.classList.remove('turning');
    };
    canvas.addEventListener(
      'pointermove',
      (event) => {
        if (event.pointerId !== start.pointerId) return;
        // The surface of the ball follows the finger.
        const radian = this.side / 2 / (this.layout?.range ?? 1);
        this.turn((event.clientX - x) / radian, (y - event.clientY) / radian);
        [x, y] = [event.clientX, event.clientY];
      },
      { signal },
    );
    canvas.addEventListener('pointerup', end, { signal });
    canvas.addEventListener('pointercancel', end, { signal });
  }

  private point(event: PointerEvent): void {
    const { layout, canvas, side } = this;
    if (!layout || event.pointerType !== 'mouse' || event.buttons !== 0) {
      this.pointAt(null, 0, 0);
      return;
    }
    const brush = new Brush(this.context, side, layout.range, this.palette);
    const box = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let nearest: number | null = null;
    let least = pointingDistance;
    layout.features.forEach((place, i) => {
      const distance = Math.hypot(brush.x(place) - x, brush.y(place) - y);
      // What lies nearer to the eye wins.
      if (distance < least || (distance === least && place.depth > layout.features[nearest ?? i]!.depth))
        [nearest, least] = [i, distance];
    });
    this.pointAt(nearest, x, y);
  }

  private pointAt(index: number | null, x: number, y: number): void {
    if (index === null && this.pointed === null) return;
    this.pointed = index;
    this.options.onPoint(index, x, y);
    this.draw();
  }
}
