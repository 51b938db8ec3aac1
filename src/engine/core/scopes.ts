import { Tensor } from './tensor.ts';

/** Who owns the tensors that are being made: the innermost scope frees them when it ends. */
export class TensorScopes {
  private readonly open: Set<Tensor>[] = [];

  /** Gives a new tensor to the innermost scope. */
  track(tensor: Tensor): void {
    this.open.at(-1)?.add(tensor);
  }

  /** No scope owns this tensor any more. */
  release(tensor: Tensor): void {
    for (const scope of this.open) scope.delete(tensor);
  }

  /** Runs `make` so that the enclosing scope does not own what it creates. */
  untracked<T>(make: () => T): T {
    this.open.push(new Set());
    try {
      return make();
    } finally {
      this.open.pop();
    }
  }

  /** Frees what `body` makes, except what it returns; see `Device.scope`. */
  run<T>(body: () => T): T {
    const scope = new Set<Tensor>();
    this.open.push(scope);
    let result: T;
    try {
      result = body();
    } catch (error) {
      this.close(scope, null);
      throw error;
    }
    if (!(result instanceof Promise)) {
      this.close(scope, result);
      return result;
    }
    return result.then(
      (value) => {
        this.close(scope, value);
        return value;
      },
      (error) => {
        this.close(scope, null);
        throw error;
      },
    ) as T;
  }

  private close(scope: Set<Tensor>, result: unknown): void {
    this.open.splice(this.open.indexOf(scope), 1);
    const kept = new Set(tensorsIn(result));
    for (const tensor of scope) {
      const { gradient } = tensor;
      if (kept.has(tensor)) this.track(tensor);
      else if (gradient && kept.has(gradient)) {
        tensor.gradient = null;
        this.track(gradient);
      }
      if (!kept.has(tensor)) tensor.dispose();
    }
  }
}

/** The tensors in a result: itself, or those in an array or a plain object, at any depth. */
export function tensorsIn(value: unknown): Tensor[] {
  if (value instanceof Tensor) return [value];
  if (Array.isArray(value)) return value.flatMap(tensorsIn);
  if (value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.values(value).flatMap(tensorsIn);
  }
  return [];
}
