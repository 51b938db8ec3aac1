/** koffi, an optional package, calls functions of C libraries. */

/** Its functions. */
export type Koffi = typeof import('koffi')['default'];

/**
 * Stack of a call, in bytes. koffi's own choice for calls on other threads, 128 KiB, is too little for collectives of MPICH, which crash
 * with it. It can be changed only before the first library is loaded, so that all of the engine must load koffi here.
 */
const stackBytes = 8 * 2 ** 20;

/** koffi; null where it is not installed, or has nothing for this system. */
export async function loadKoffi(): Promise<Koffi | null> {
  let koffi: Koffi;
  try {
    ({ default: koffi } = await import('koffi'));
  } catch {
    return null;
  }
  if (!hasLargeStacks(koffi)) {
    try {
      koffi.config({ async_stack_size: stackBytes, sync_stack_size: stackBytes });
    } catch {
      // Somebody else has loaded a library; what is called from here on the main thread needs no more.
    }
  }
  return koffi;
}

/** Whether calls on other threads have the stack that MPI takes. */
export function hasLargeStacks(koffi: Koffi): boolean {
  return (koffi.config().async_stack_size ?? 0) >= stackBytes;
}
