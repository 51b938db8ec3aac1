/**
 * Dawn's bindings for Node poll for what the GPU has done by `setImmediate`, again and again while anything is awaited, which keeps
 * a processor busy. A software driver needs that processor for its kernels: so there, after a moment, polling pauses. Measured
 * with a kernel of 0.4 s on llvmpipe and a busy machine of 2 cores: two thirds of the processor time, half the time of the clock.
 * Hardware drivers compute elsewhere: for them nothing changes.
 */

/** Milliseconds that a wait polls without pause: short kernels lose nothing. */
const eager = 1;
/** Milliseconds of a pause, the shortest that timers know. */
const pause = 1;

let installed = false;

/** From now on waits for a device pause between looks. What anybody else gives to `setImmediate` is as before. */
export function pollPatiently(): void {
  if (installed) return;
  installed = true;
  const { setImmediate: immediately, setTimeout: later } = globalThis;
  let isPolling = false;
  let since = 0;
  const patient = (callback: (...args: unknown[]) => void, ...args: unknown[]) => {
    if (!isOfDawn(callback)) return immediately(callback, ...args);
    // A look that is followed by the next one is of the same wait.
    if (!isPolling) since = performance.now();
    const look = () => {
      isPolling = true;
      try {
        callback();
      } finally {
        isPolling = false;
      }
    };
    return performance.now() - since < eager ? immediately(look) : later(look, pause);
  };
  // With what belongs to it, such as its form that returns a promise.
  globalThis.setImmediate = Object.defineProperties(
    patient,
    Object.getOwnPropertyDescriptors(immediately),
  ) as typeof setImmediate;
}

/** Functions of native code without a name are made by bindings; bound functions are called "bound …". */
function isOfDawn(callback: (...args: unknown[]) => void): boolean {
  return callback.name === '' && /\{ \[native code\] \}$/.test(Function.prototype.toString.call(callback));
}
