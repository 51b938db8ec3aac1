import { check, formatShape } from '../../../engine/core/errors.ts';
import type { SampleShape } from '../layer.ts';

/** [height, width, channels] of a layer's input. @throws ShapeError if the input is flat */
export function imageExtents(kind: string, input: SampleShape): readonly [number, number, number] {
  check(input.length === 3, kind, () => `the input ${formatShape(input)} is not [height, width, channels]`);
  return input as readonly [number, number, number];
}
