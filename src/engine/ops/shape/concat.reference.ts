import type { ReferenceArray } from '../../core/operator.ts';

export function concatReference(inputs: readonly ReferenceArray[], axis: number): ReferenceArray {
  const rank = inputs[0]!.shape.length;
  const joined = axis < 0 ? axis + rank : axis;
  const shape = inputs[0]!.shape.map((extent, i) =>
    i === joined ? inputs.reduce((sum, input) => sum + input.shape[i]!, 0) : extent,
  );
  const rows = shape.slice(0, joined).reduce((a, b) => a * b, 1);
  const data: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (const input of inputs) {
      const length = input.data.length / rows;
      data.push(...input.data.subarray(row * length, (row + 1) * length));
    }
  }
  return { shape, data: Float64Array.from(data) };
}
