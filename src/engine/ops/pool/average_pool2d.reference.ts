import { type ReferenceArray, referenceArray } from '../../core/operator.ts';
import type { Pool2dOptions } from './pool_geometry.ts';
import { poolWindows } from './pool_windows.reference.ts';

export function averagePool2dReference(
  x: ReferenceArray,
  options: Pool2dOptions & { readonly countPadding?: boolean },
): ReferenceArray {
  const [n, height, width, channels] = x.shape as [number, number, number, number];
  const rows = poolWindows(height, 0, options);
  const columns = poolWindows(width, 1, options);
  const y = referenceArray([n, rows.length, columns.length, channels]).data;
  let next = 0;
  for (let image = 0; image < n; image++) {
    for (const row of rows) {
      for (const column of columns) {
        for (let channel = 0; channel < channels; channel++) {
          let sum = 0;
          for (let i = row.start; i < row.end; i++) {
            for (let j = column.start; j < column.end; j++) {
              sum += x.data[((image * height + i) * width + j) * channels + channel]!;
            }
          }
          const inside = (row.end - row.start) * (column.end - column.start);
          y[next++] = sum / (options.countPadding === false ? inside : row.extent * column.extent);
        }
      }
    }
  }
  return { shape: [n, rows.length, columns.length, channels], data: y };
}
