/** Labelled pictures in memory, and which of them a run trains on. */

/** Pictures of one size with a class each. */
export interface Pictures {
  /** What they are, as in "10 generated people, 100 pictures each". */
  readonly title: string;
  /** Names of the classes, in the order of their numbers. */
  readonly classes: readonly string[];
  readonly width: number;
  readonly height: number;
  /** 1: grey, 3: RGB. */
  readonly channels: 1 | 3;
  /** count · height · width · channels bytes. */
  readonly pixels: Uint8Array;
  /** Class of each picture. */
  readonly labels: Uint8Array;
  /** Whether mirror images look like further pictures of the same class. */
  readonly mirrored: boolean;
}

/** Copies a picture as RGBA to `target`, from byte `offset` on. */
export function copyRgba(pictures: Pictures, index: number, target: Uint8Array, offset = 0): void {
  const { channels, pixels } = pictures;
  const size = pictures.width * pictures.height;
  let from = index * size * channels;
  for (let to = offset; to < offset + 4 * size; to += 4) {
    target[to] = pixels[from]!;
    target[to + 1] = pixels[from + (channels === 3 ? 1 : 0)]!;
    target[to + 2] = pixels[from + (channels === 3 ? 2 : 0)]!;
    target[to + 3] = 255;
    from += channels;
  }
}

/** Pictures one after another as RGBA. */
export function rgbaOf(pictures: Pictures, indices: ArrayLike<number>): Uint8Array {
  const bytes = 4 * pictures.width * pictures.height;
  const target = new Uint8Array(indices.length * bytes);
  for (let i = 0; i < indices.length; i++) copyRgba(pictures, indices[i]!, target, i * bytes);
  return target;
}

/** Which pictures are trained on, and which are looked at. */
export interface Split {
  readonly training: Uint32Array;
  /** Pictures that are embedded and drawn: half of them trained on, half held out. */
  readonly sample: Uint32Array;
  /** Of each picture of the sample, whether it is held out of the training. */
  readonly heldOut: readonly boolean[];
}

/** The last fifth of each class is held out, but no more than are drawn. */
const heldOutShare = 0.2;

/**
 * Divides pictures class by class; in the sample classes alternate, so that what is drawn last does not hide a class.
 *
 * @param drawn size of the sample, about
 */
export function split({ labels, classes }: Pick<Pictures, 'labels' | 'classes'>, drawn: number): Split {
  const half = Math.max(1, Math.ceil(drawn / 2 / classes.length));
  const training: number[] = [];
  const shown: { readonly index: number; readonly heldOut: boolean; readonly rank: number }[] = [];
  const members: number[][] = classes.map(() => []);
  labels.forEach((label, index) => {
    members[label]!.push(index);
  });
  for (const own of members) {
    const kept = own.length - Math.min(half, Math.floor(heldOutShare * own.length));
    training.push(...own.slice(0, kept));
    own.slice(0, Math.min(half, kept)).forEach((index, rank) => {
      shown.push({ index, heldOut: false, rank });
    });
    own.slice(kept).forEach((index, rank) => {
      shown.push({ index, heldOut: true, rank });
    });
  }
  // Sorting is stable: within a rank the classes keep their order.
  shown.sort((a, b) => a.rank - b.rank);
  return {
    training: Uint32Array.from(training).sort(),
    sample: Uint32Array.from(shown, ({ index }) => index),
    heldOut: shown.map(({ heldOut }) => heldOut),
  };
}
