/** The course of a loss, kept short however long a run lasts. */

/** Entries at most; when there are more, neighbours are merged. */
const most = 1200;

/** Steps over which the smooth line looks back, about. */
const memory = 20;

interface Entry {
  /** The last of the steps that the entry stands for. */
  step: number;
  /** Means over these steps. */
  loss: number;
  readonly smooth: number;
  readonly levels: Levels;
  count: number;
}

/** What a loss can be compared with at its step. */
export interface Levels {
  /** The bound of Proposition 2. */
  readonly bound?: number;
  /** The loss of agents that stand evenly on the circle. */
  readonly even?: number;
}

/** Columns as a plot wants them; null where there is no value. */
export interface CurveColumns {
  readonly steps: number[];
  readonly losses: number[];
  /** Exponentially weighted mean of the losses so far. */
  readonly smooth: number[];
  readonly bounds: (number | null)[];
  readonly evens: (number | null)[];
}

export class Curve {
  private entries: Entry[] = [];
  /** Steps that an entry stands for. */
  private width = 1;
  private sum = 0;
  private weight = 0;

  /** @param isNewLoss whether another loss begins: what was before it says nothing about it */
  add(step: number, loss: number, levels: Levels = {}, isNewLoss = false): void {
    const keep = isNewLoss ? 0 : 1 - 1 / memory;
    this.sum = this.sum * keep + loss;
    this.weight = this.weight * keep + 1;
    const smooth = this.sum / this.weight;
    const last = this.entries.at(-1);
    if (last && last.count < this.width && !isNewLoss) {
      const mean = (last.loss * last.count + loss) / (last.count + 1);
      this.entries[this.entries.length - 1] = { step, loss: mean, smooth, levels, count: last.count + 1 };
    } else this.entries.push({ step, loss, smooth, levels, count: 1 });
    if (this.entries.length > most) this.halve();
  }

  private halve(): void {
    const merged: Entry[] = [];
    for (let i = 0; i < this.entries.length; i += 2) {
      const [a, b] = [this.entries[i]!, this.entries[i + 1]];
      if (!b) merged.push(a);
      else {
        const count = a.count + b.count;
        merged.push({ ...b, loss: (a.loss * a.count + b.loss * b.count) / count, count });
      }
    }
    this.entries = merged;
    this.width *= 2;
  }

  columns(): CurveColumns {
    return {
      steps: this.entries.map(({ step }) => step),
      losses: this.entries.map(({ loss }) => loss),
      smooth: this.entries.map(({ smooth }) => smooth),
      bounds: this.entries.map(({ levels }) => levels.bound ?? null),
      evens: this.entries.map(({ levels }) => levels.even ?? null),
    };
  }
}

/** Middle of the latest durations. */
export class Durations {
  private readonly latest: number[] = [];
  private readonly count: number;

  constructor(count = 25) {
    this.count = count;
  }

  add(milliseconds: number): void {
    this.latest.push(milliseconds);
    if (this.latest.length > this.count) this.latest.shift();
  }

  /** NaN before the first. */
  get median(): number {
    const sorted = [...this.latest].sort((a, b) => a - b);
    const middle = (sorted.length - 1) / 2;
    return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
  }
}
