import { UserError } from '../../common/errors.ts';
import { checkFeatures, type Features } from './features.ts';

/**
 * Ways to merge the raw features of an image and of its mirror image, before any normalisation (docs/reference.md#mirror-images):
 * the front image only, both behind one another (2d values), their element-wise sum (the paper's choice), or maximum.
 */
export const mergeNames = ['front', 'concat', 'sum', 'max'] as const;
export type MergeName = (typeof mergeNames)[number];

/** Merged features. `mirrored` holds the mirror image of each row of `front` and is not needed for 'front'. */
export function mergeMirror(front: Features, mirrored: Features | undefined, merge: MergeName): Features {
  checkFeatures(front);
  if (merge === 'front') return front;
  if (!mirrored) throw new UserError(`the mirror merge '${merge}' needs the features of the mirrored images`);
  checkFeatures(mirrored);
  const { values, dimension } = front;
  if (mirrored.dimension !== dimension || mirrored.values.length !== values.length) {
    throw new UserError(
      'the features of the mirrored images differ in number or dimension from those of the images',
    );
  }
  if (merge === 'concat') {
    const merged = new Float32Array(2 * values.length);
    for (let start = 0; start < values.length; start += dimension) {
      merged.set(values.subarray(start, start + dimension), 2 * start);
      merged.set(mirrored.values.subarray(start, start + dimension), 2 * start + dimension);
    }
    return { values: merged, dimension: 2 * dimension };
  }
  const merged =
    merge === 'sum'
      ? values.map((value, k) => value + mirrored.values[k]!)
      : values.map((value, k) => Math.max(value, mirrored.values[k]!));
  return { values: merged, dimension };
}
