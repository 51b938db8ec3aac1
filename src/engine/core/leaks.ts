import { formatShape } from './errors.ts';
import type { Tensor } from './tensor.ts';

/** Where the engine is: its folder, or that of the files into which it was bundled. */
const engineFolder = new URL(import.meta.url.endsWith('/engine/core/leaks.ts') ? '..' : '.', import.meta.url);

/**
 * Finds tensors that nobody frees: no scope owns them, and the garbage collector came before `dispose`. Their memory on the device
 * is lost to the pool, as only `dispose` gives it back. Each place in the program is reported once.
 */
export class LeakWatch {
  private readonly report: (message: string) => void;
  private readonly places = new WeakMap<Tensor, string>();
  private readonly reported = new Set<string>();
  private readonly registry = new FinalizationRegistry((tensor: { text: string; place: string }) =>
    this.found(tensor.text, tensor.place),
  );

  constructor(report: (message: string) => void = console.warn) {
    this.report = report;
  }

  /** Remembers which line is making this tensor. */
  note(tensor: Tensor): void {
    this.places.set(tensor, placeOf(stackHere()));
  }

  /** From now on `dispose` is all that frees it. */
  watch(tensor: Tensor): void {
    const text = `${formatShape(tensor.shape)} ${tensor.dtype}`;
    this.registry.register(tensor, { text, place: this.places.get(tensor)! }, tensor);
  }

  /** It was disposed of, or something else will do so. */
  forget(tensor: Tensor): void {
    this.registry.unregister(tensor);
  }

  private found(text: string, place: string): void {
    if (this.reported.has(place)) return;
    this.reported.add(place);
    this.report(
      `a tensor of shape ${text} was never disposed of; make it in a scope, or call dispose. Made ${place}`,
    );
  }
}

/** Deep enough for an operator that calls others: V8 gives ten lines unless told otherwise. */
function stackHere(): string {
  // A setting of V8's, which browsers' types do not know.
  const settings = Error as { stackTraceLimit?: number };
  const usual = settings.stackTraceLimit;
  settings.stackTraceLimit = 50;
  const { stack = '' } = new Error();
  settings.stackTraceLimit = usual;
  return stack;
}

/**
 * The first line of a stack outside of the engine; all lines where a bundler put the engine and its user into one folder.
 *
 * @param stack of V8 (`    at call (url:line:column)`) or of the other browsers (`call@url:line:column`)
 */
export function placeOf(stack: string, engine = engineFolder.pathname): string {
  const lines = stack.split('\n').filter((line) => /:\d+:\d+\)?$/.test(line));
  const place = lines.find((line) => !line.includes(engine));
  return place ? place.trim() : `in\n${lines.join('\n')}`;
}
