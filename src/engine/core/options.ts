import { showValue } from '../../common/show-value.ts';
import { suggest } from '../../common/suggest.ts';
import { ArgumentError } from './errors.ts';
import { Tensor } from './tensor.ts';

/** The names of all options of a type: the compiler refuses a list that lacks one, or has one too many. */
export type OptionNames<O> = Readonly<Record<keyof O, true>>;

/**
 * Refuses options that do not exist, which JavaScript would pass over: a misspelt one would be as good as not given.
 *
 * @param caller names the operator or class in the message
 * @throws ArgumentError that names the option, and the likely intended one
 */
export function checkOptionNames<O extends object>(caller: string, options: O, names: OptionNames<O>): void {
  if (
    typeof options !== 'object' ||
    options === null ||
    Array.isArray(options) ||
    options instanceof Tensor
  ) {
    const given = options instanceof Tensor ? 'a tensor' : showValue(options);
    const example = Object.keys(names)[0]!;
    throw new ArgumentError(`${caller}: the options are an object such as { ${example}: … }, not ${given}`);
  }
  for (const name in options) {
    // What is undefined is not given: callers pass on what they were not told.
    if (Object.hasOwn(names, name) || options[name] === undefined) continue;
    const known = Object.keys(names);
    const guess = suggest(name, known);
    const help = guess
      ? `, did you mean "${guess}"?`
      : `; there ${known.length === 1 ? 'is' : 'are'} ${known.join(', ')}`;
    throw new ArgumentError(`${caller}: unknown option "${name}"${help}`);
  }
}

/**
 * Refuses a value that an option does not have; undefined is not given.
 *
 * @param caller names the operator or class in the message
 * @throws ArgumentError that names the option and its values
 */
export function checkOptionValue<T>(
  caller: string,
  name: string,
  value: T | undefined,
  values: readonly T[],
): void {
  if (value === undefined || values.includes(value)) return;
  const known = values.map(showValue).join(' or ');
  throw new ArgumentError(`${caller}: ${name} is ${known}, not ${showValue(value)}`);
}
