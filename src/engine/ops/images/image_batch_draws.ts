import { hash32 } from '../../core/random.ts';

/** Which part of a picture `imageBatch` takes, and whether it mirrors it. */
export interface DrawnPlace {
  readonly mirrored: boolean;
  /** Its first row and column; before the first of the picture where a shift moves it past the border. */
  readonly top: number;
  readonly left: number;
}

/**
 * What `imageBatch`, as the first random operator of a step, draws for a picture: the twin of shaders/images/image_batch.wesl.
 *
 * @param spare by how much the picture is higher and wider than the part of it
 * @param key `row` is the number of the picture in the whole batch
 */
export function drawPlace(
  { mirror, shift, crop }: { readonly mirror: string; readonly shift: number; readonly crop: string },
  spare: { readonly rows: number; readonly columns: number },
  { seed, step, row }: { readonly seed: number; readonly step: number; readonly row: number },
): DrawnPlace {
  const draw = (word: number): number => hash32(seed, step, 0, 4 * row + word);
  const start = (extent: number, word: number): number =>
    crop === 'random'
      ? draw(word) % (extent + 1)
      : Math.floor(extent / 2) + (draw(word) % (2 * shift + 1)) - shift;
  return {
    mirrored: mirror === 'always' || (mirror === 'random' && draw(0) % 2 === 1),
    top: start(spare.rows, 1),
    left: start(spare.columns, 2),
  };
}
