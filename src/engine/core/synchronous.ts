import { checkArgument } from './errors.ts';

/**
 * What a function gave that must do all its work before it returns. Of an asynchronous one only what comes before its first
 * `await` would count, in silence.
 *
 * @throws ArgumentError in the name of `caller` for a promise
 */
export function synchronous<T>(caller: string, result: T): T {
  if (!(result instanceof Promise)) return result;
  // What it comes to is nobody's any more, also where that is an error.
  result.catch(() => {});
  checkArgument(
    false,
    caller,
    () => 'its function must not be asynchronous, but returned a promise; await before the call or after it',
  );
}
