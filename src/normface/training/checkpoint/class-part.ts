/**
 * Checkpoints of which several processes have a part of the classes each: rows FIRST … END − 1 of everything that has a row for each
 * class are in files of their own, `weights-classes-FIRST-END.safetensors` and `optimiser-classes-FIRST-END.safetensors`. What these
 * files are called follows from the rows, not from who wrote them, so that any number of processes can read them.
 */

import type { RowRange } from '../../../engine/distributed/range.ts';

/** The classes that a process has. */
export interface ClassPart {
  /** Parameters with a row for each class, by name; what an optimiser keeps for them, `NAME.velocity` and so on, belongs to them. */
  readonly tensors: readonly string[];
  readonly rows: RowRange;
  /** Classes of all processes together. */
  readonly total: number;
}

export type TensorKind = 'weights' | 'optimiser';

/** Whether a tensor of a checkpoint has rows of classes. */
export function hasClassRows(name: string, { tensors }: Pick<ClassPart, 'tensors'>): boolean {
  return tensors.some((tensor) => name === tensor || name.startsWith(`${tensor}.`));
}

const fileName = /^(weights|optimiser)-classes-(\d{8,15})-(\d{8,15})\.safetensors$/;

export function classFileName(kind: TensorKind, { first, count }: RowRange): string {
  const padded = (row: number) => String(row).padStart(8, '0');
  return `${kind}-classes-${padded(first)}-${padded(first + count)}.safetensors`;
}

/** What a file has, by its name; undefined for other files. */
export function parseClassFileName(name: string): { kind: TensorKind; rows: RowRange } | undefined {
  const [, kind, first, end] = fileName.exec(name) ?? [];
  if (kind === undefined) return undefined;
  return {
    kind: kind as TensorKind,
    rows: { first: Number(first), count: Number(end) - Number(first) },
  };
}

/** What such a file says of itself. */
export function classFileMetadata({ first, count }: RowRange, total: number): Record<string, string> {
  return { firstClass: String(first), endClass: String(first + count), classes: String(total) };
}
