/** Outputs of a tile along one axis: those of `winogradTiles`. */
type WinogradTile = 2 | 4;

/** The transforms of shaders/lib/winograd.wesl. */
export type WinogradTransform = 'input' | 'weight' | 'output' | 'gradOutput' | 'gradWeight';

/**
 * Additions and multiplications of a one-dimensional transform, counted in shaders/lib/winograd.wesl as they are written; products of
 * constants are none.
 */
const operations: Readonly<Record<WinogradTransform, Readonly<Record<WinogradTile, number>>>> = {
  input: { 2: 4, 4: 22 },
  weight: { 2: 5, 4: 13 },
  output: { 2: 4, 4: 16 },
  gradOutput: { 2: 2, 4: 14 },
  gradWeight: { 2: 6, 4: 16 },
};

/** Numbers along one side, before and after a transform. */
function sides(transform: WinogradTransform, tile: WinogradTile): readonly [from: number, to: number] {
  const patch = tile + 2;
  switch (transform) {
    case 'input':
      return [patch, patch];
    case 'weight':
      return [3, patch];
    case 'output':
      return [patch, tile];
    case 'gradOutput':
      return [tile, patch];
    case 'gradWeight':
      return [patch, 3];
  }
}

/** Arithmetic of one two-dimensional transform: X·d·Xᵀ transforms each column of d, and then each row of what comes out. */
export function transformFlops(transform: WinogradTransform, tile: WinogradTile): number {
  const [from, to] = sides(transform, tile);
  return (from + to) * operations[transform][tile];
}
