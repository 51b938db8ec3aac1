/** What the settings of a layer may be, so that a net in a file is refused in one clear sentence. */

import { UsageError } from '../../common/errors.ts';
import { showValue } from '../../common/show-value.ts';

/**
 * Throws UsageError unless a value can be that of a setting.
 *
 * @param place where the value is, such as `layers[3].kernel`
 * @param checkLayers the check of a list of layers, for settings that hold some
 */
export type Check = (value: unknown, place: string, checkLayers: Check) => void;

type OptionalKeys<L> = { [K in keyof L]-?: object extends Pick<L, K> ? K : never }[keyof L];

/** A check for every setting of a layer but its kind and name. */
export interface Settings<L> {
  readonly required: Readonly<Record<Exclude<keyof L, OptionalKeys<L> | 'kind' | 'name'>, Check>>;
  readonly optional: Readonly<Record<Exclude<OptionalKeys<L>, 'kind' | 'name'>, Check>>;
}

/** The check that refuses what is not `expected`. */
export function expect(expected: string, accepts: (value: unknown) => boolean): Check {
  return (value, place) => {
    if (!accepts(value)) throw new UsageError(`${place} is ${showValue(value)}, expected ${expected}`);
  };
}

/** More channels, pixels and the like than any net has; products of three of them are exact. */
const most = 2 ** 17;

const isWhole = (value: unknown, least: number): boolean =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most;

export const isNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value);

const isListOf = (value: unknown, length: number, accepts: (element: unknown) => boolean): boolean =>
  Array.isArray(value) && value.length === length && value.every(accepts);

export const wholeNumber = (least: number): Check =>
  expect(`a whole number from ${least} to ${most}`, (value) => isWhole(value, least));

/** One whole number for both directions, or [vertical, horizontal]. */
export const oneOrTwo = (least: number): Check =>
  expect(
    `a whole number from ${least} to ${most}, or two of them as [vertical, horizontal]`,
    (value) => isWhole(value, least) || isListOf(value, 2, (element) => isWhole(element, least)),
  );

/** One number for all sides, or [top, bottom, left, right]. */
export const sides: Check = expect(
  `a whole number from 0 to ${most}, or four of them as [top, bottom, left, right]`,
  (value) => isWhole(value, 0) || isListOf(value, 4, (element) => isWhole(element, 0)),
);

export const trueOrFalse: Check = expect('true or false', (value) => typeof value === 'boolean');

export const anyNumber: Check = expect('a finite number', isNumber);

export const factor: Check = expect('a number of at least 0', (value) => isNumber(value) && value >= 0);

export const bias: Check = expect(
  'true, false, or the number that the bias starts from',
  (value) => typeof value === 'boolean' || isNumber(value),
);

export const oneOf = (...words: readonly string[]): Check =>
  expect(`one of ${words.join(', ')}`, (value) => words.includes(value as string));

/** A list of layers. */
export const layerList: Check = (value, place, checkLayers) => checkLayers(value, place, checkLayers);
