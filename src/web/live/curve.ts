/** The course of a loss, kept short however long a run lasts. */

/** Entries at most; when there are more, neighbours are merged. */
const most = 1200;

/** Entries on either side that the smooth line takes the mean over. */
const halfWindow = 6;

interface Entry {
  /** The last of the steps that the entry stands for. */
  step: number;
  /** Means over these steps. */
  loss: number;
  readonly levels: Levels;
  /** Entries of another loss have another number. */
  readonly part: number;
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
  /** Means over neighbouring losses. */
  readonly smooth: number[];
  readonly bounds: (number | null)[];
  readonly evens: (number | null)[];
}

export class Curve {
  private entries: Entry[] = [];
  /** Steps that an entry stands for. */
  private width = 1;
  private part = 0;

  /** @param isNewLoss whether another loss begins: what was before it says nothing about it */
  add(step: number, loss: number, levels: Levels = {}, isNewLoss = false): void {
    if (isNewLoss) this.part++;
    const { part } = this;
    const last = this.entries.at(-1);
    if (last && last.count < this.width && !isNewLoss) {
      const mean = (last.loss * last.count + loss) / (last.count + 1);
      this.entries[this.entries.length - 1] = { step, loss: mean, levels, part, count: last.count + 1 };
    } else this.entries.push({ step, loss, levels, part, count: 1 });
    if (this.entries.length > most) this.halve();
  }

  /** Forgets what came after a step: training goes on from there. */
  cut(step: number): void {
    this.entries = this.entries.filter((entry) => entry.step <= step);
  }

  private halve(): void {
    const merged: Entry[] = [];
    for (let i = 0; i < this.entries.length; i += 2) {
      const [a, b] = [this.entries[i]!, this.entries[i + 1]];
      if (!b || b.part !== a.part) merged.push(a, ...(b ? [b] : []));
      else {
        const count = a.count + b.count;
        merged.push({ ...b, loss: (a.loss * a.count + b.loss * b.count) / count, count });
      }
    }
    this.entries = merged;
    this.width *= 2;
  }

  private smoothed(): number[] {
    const { entries } = this;
    return entries.map(({ part }, i) => {
      // Not into another loss. At its beginning as far ahead as back, for there it falls fast; at the end there is nothing ahead.
      let back = 0;
      while (back < halfWindow && entries[i - back - 1]?.part === part) back++;
      let ahead = 0;
      while (ahead < back && entries[i + ahead + 1]?.part === part) ahead++;
      let sum = 0;
      for (let k = i - back; k <= i + ahead; k++) sum += entries[k]!.loss;
      return sum / (back + ahead + 1);
    });
  }

  columns(): CurveColumns {
    return {
      steps: this.entries.map(({ step }) => step),
      losses: this.entries.map(({ loss }) => loss),
      smooth: this.smoothed(),
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
