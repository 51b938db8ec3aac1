import { ArgumentError } from './errors.ts';
import type { LeakWatch } from './leaks.ts';
import type { Scope } from './scope.ts';
import { Tensor } from './tensor.ts';

/** Tensors that are freed when the last of their owners has ended. */
interface Holding {
  readonly owners: Set<OpenScope>;
  readonly tensors: Set<Tensor>;
}

class OpenScope {
  /** What was made where it was open and only it could have been the maker. */
  readonly own: Holding = { owners: new Set([this]), tensors: new Set() };
  /** All that it may own: its own and what it shares. */
  readonly holdings = new Set([this.own]);
  /** Who owned new tensors where it was opened: its result goes there. */
  readonly enclosing: Owners;
  ended = false;

  constructor(enclosing: Owners) {
    this.enclosing = enclosing;
  }
}

/** The scopes that may have made a tensor; usually one. */
type Owners = readonly OpenScope[];

/** Owners of what the engine makes for itself, whichever scopes are open. */
const engine: Owners = [];

/**
 * Who owns the tensors that are being made. While a body runs synchronously that is its scope and no other. After its first `await`
 * JavaScript does not tell whose code runs: what is made then may belong to any scope whose body waits, so it is freed when the
 * last of those that waited when it was made has ended. Never too early, and nothing is left when all have ended.
 */
export class TensorScopes {
  private readonly leaks: LeakWatch | null;
  /** Owners of what is made by the body that runs; null: none does, or one goes on after an `await`. */
  private running: Owners | null = null;
  /** Scopes that may go on at any moment, as their bodies have returned a promise. */
  private readonly waiting = new Set<OpenScope>();
  /** Those whose bodies returned a promise but cannot have gone on yet: the code that runs is still their caller's. */
  private readonly starting = new Set<OpenScope>();
  private wakes = false;
  /** What all that wait share; null after one came or went. */
  private shared: Holding | null = null;

  /** @param leaks is told of tensors that no scope owns */
  constructor(leaks: LeakWatch | null = null) {
    this.leaks = leaks;
  }

  /** Gives a new tensor to the scope that made it, or to all that may have. */
  track(tensor: Tensor): void {
    this.leaks?.note(tensor);
    if (this.running) this.give(tensor, this.running);
    else if (this.waiting.size < 2) this.give(tensor, [...this.waiting]);
    else {
      this.shared ??= holdingFor([...this.waiting]);
      hold(tensor, this.shared);
    }
  }

  /** No scope owns this tensor any more: it was disposed of, or another tensor owns it. */
  release(tensor: Tensor): void {
    tensor.holder?.delete(tensor);
    tensor.holder = null;
    this.leaks?.forget(tensor);
  }

  /** Runs `make` so that no scope owns what it creates. */
  untracked<T>(make: () => T): T {
    return this.within(engine, make);
  }

  /** Frees what `body` makes, except what it returns; see `Device.scope`. */
  run<T>(body: (scope: Scope) => T): T {
    const scope = new OpenScope(this.running ?? [...this.waiting]);
    this.wakeLater();
    let result: T;
    try {
      result = this.within([scope], () => body({ run: (part) => this.resume(scope, part) }));
    } catch (error) {
      this.close(scope, null);
      throw error;
    }
    if (!(result instanceof Promise)) {
      this.close(scope, result);
      return result;
    }
    this.starting.add(scope);
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

  private within<T>(owners: Owners, body: () => T): T {
    const previous = this.running;
    this.running = owners;
    try {
      return body();
    } finally {
      this.running = previous;
    }
  }

  private resume<T>(scope: OpenScope, part: () => T): T {
    if (scope.ended) throw new ArgumentError('scope.run: this scope has ended');
    return this.within([scope], part);
  }

  /**
   * Microtasks run in the order in which they were queued: this one, queued before a body runs, comes before whatever the body does
   * after an `await`.
   */
  private wakeLater(): void {
    if (this.wakes) return;
    this.wakes = true;
    queueMicrotask(() => {
      this.wakes = false;
      for (const scope of this.starting) this.waiting.add(scope);
      this.starting.clear();
      this.shared = null;
    });
  }

  private close(scope: OpenScope, result: unknown): void {
    scope.ended = true;
    this.starting.delete(scope);
    if (this.waiting.delete(scope)) this.shared = null;
    const kept = new Set(tensorsIn(result));
    const outside = scope.enclosing === engine ? engine : scope.enclosing.filter(({ ended }) => !ended);
    for (const { owners, tensors } of scope.holdings) {
      owners.delete(scope);
      for (const tensor of tensors) {
        const { gradient } = tensor;
        if (kept.has(tensor)) this.give(tensor, outside);
        else {
          if (gradient && kept.has(gradient)) {
            tensor.gradient = null;
            this.give(gradient, outside);
          }
          if (owners.size === 0) tensor.dispose();
        }
      }
    }
  }

  private give(tensor: Tensor, owners: Owners): void {
    if (owners.length > 0) hold(tensor, owners.length === 1 ? owners[0]!.own : holdingFor(owners));
    else {
      this.release(tensor);
      if (owners !== engine) this.leaks?.watch(tensor);
    }
  }
}

function hold(tensor: Tensor, { tensors }: Holding): void {
  tensor.holder?.delete(tensor);
  tensor.holder = tensors;
  tensors.add(tensor);
}

/** A new place for tensors that any of these scopes may own. */
function holdingFor(owners: Owners): Holding {
  const holding: Holding = { owners: new Set(owners), tensors: new Set() };
  for (const owner of owners) owner.holdings.add(holding);
  return holding;
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
