/** A wrong call: one sentence that names the operator, what it got and what was expected. Thrown before any dispatch. */
export class ArgumentError extends Error {
  override name = 'ArgumentError';
}

/** A tensor whose shape, element type or state does not fit: the sentence names the shapes. */
export class ShapeError extends ArgumentError {
  override name = 'ShapeError';
}

/** No adapter, a lost device, an exhausted memory: what happened and what to do about it, in one sentence. */
export class DeviceError extends Error {
  override name = 'DeviceError';
}

/** The GPU device is gone, and with it all that was on it: another one must be opened. */
export class DeviceLostError extends DeviceError {
  override name = 'DeviceLostError';
}

/** The GPU refused memory. What was pooled and unused has been given back since, so that another attempt may succeed. */
export class OutOfMemoryError extends DeviceError {
  override name = 'OutOfMemoryError';
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

/** Throws {@link ShapeError} `operator: message` unless the condition on tensors holds. */
export function check(condition: boolean, operator: string, message: () => string): asserts condition {
  if (!condition) throw new ShapeError(`${operator}: ${message()}`);
}

/** The same with an {@link ArgumentError}, for a condition on anything but a tensor: a rate, a name, an option. */
export function checkArgument(
  condition: boolean,
  operator: string,
  message: () => string,
): asserts condition {
  if (!condition) throw new ArgumentError(`${operator}: ${message()}`);
}
