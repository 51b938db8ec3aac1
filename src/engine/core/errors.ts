/** A wrong call: one sentence that names the operator, the shapes and what was expected. Thrown before any dispatch. */
export class ShapeError extends Error {
  override name = 'ShapeError';
}

/** No adapter, a lost device, an exhausted memory: what happened and what to do about it, in one sentence. */
export class DeviceError extends Error {
  override name = 'DeviceError';
}

/** Raised by the finite trap: names the first operator that produced NaN or an infinity. */
export class NotFiniteError extends Error {
  override name = 'NotFiniteError';
}

/** A label that no class has: names the label and the number of classes. */
export class LabelError extends Error {
  override name = 'LabelError';
}

/** A shape as text: [2, 3]. */
export function formatShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

/** Throws {@link ShapeError} `operator: message` unless the condition holds. */
export function check(condition: boolean, operator: string, message: () => string): asserts condition {
  if (!condition) throw new ShapeError(`${operator}: ${message()}`);
}
