/**
 * Ends the process while a driver's threads may still compile. `process.exit` runs the exit handlers of the C and C++ libraries, which
 * take away what those threads use: they crash, or print. The C library's `_exit` (POSIX.1-2017) runs none; it is called through koffi,
 * an optional package without which `process.exit` has to do.
 */

import { createRequire } from 'node:module';

/** @param code exit status. What is for a stream must have been written: on POSIX systems Node writes to files, terminals and pipes at once */
export function endNow(code: number): never {
  try {
    if (process.platform !== 'win32') {
      const koffi: typeof import('koffi') = createRequire(import.meta.url)('koffi');
      const exit = koffi.load(null).func('void _exit(int)');
      // What removes temporary files.
      process.emit('exit', code);
      exit(code);
    }
  } catch {
    // No koffi for this system.
  }
  process.exit(code);
}
