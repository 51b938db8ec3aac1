/** Whether data from outside are a net; and if not, where and what is wrong with them. */

import { UsageError } from '../../common/errors.ts';
import { showValue } from '../../common/show-value.ts';
import { suggest } from '../../common/suggest.ts';
import { layerKinds } from './kinds.ts';
import type { Net } from './net.ts';
import { type Check, expect, isNumber, wholeNumber } from './setting.ts';

type Checks = Readonly<Record<string, Check>>;

/** Names that begin those of the losses' parameters. */
const reserved = ['loss', 'auxiliary'];

/**
 * A net that was read from JSON, or written by hand.
 *
 * @param value any JSON value
 * @param source what the sentence calls its origin, for example the file's name
 * @throws UsageError that says where and what is wrong, and which settings and kinds of layers there are
 */
export function checkNet(value: unknown, source: string): Net {
  named(source, () => checkKeys(value, 'a net', '', netChecks.required, netChecks.optional));
  return value as Net;
}

/**
 * As {@link checkNet}, of the layers alone: a program may give a net images of more channels than pictures have.
 *
 * @throws UsageError that says where and what is wrong
 */
export function checkLayers(layers: unknown, source: string): void {
  named(source, () => netChecks.required.layers!(layers, 'layers', () => {}));
}

/** Puts the source before what a check has to say. */
function named(source: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${source}: ${error.message}`);
  }
}

const text = expect(
  'letters, digits, ".", "_" and "-", at most 100',
  (name) => typeof name === 'string' && /^[A-Za-z0-9][\w.-]{0,99}$/.test(name),
);

const pixel = expect('a finite number', isNumber);

const netChecks: { readonly required: Checks; readonly optional: Checks } = {
  required: {
    name: text,
    input(value, place, checkLayers) {
      const isShape = (list: unknown) => Array.isArray(list) && list.length === 3 && [1, 3].includes(list[2]);
      expect('[height, width, channels] with 3 channels for colour or 1 for grey', isShape)(
        value,
        place,
        checkLayers,
      );
      const [height, width] = value as unknown[];
      wholeNumber(1)(height, `${place}[0]`, checkLayers);
      wholeNumber(1)(width, `${place}[1]`, checkLayers);
    },
    layers(value, place) {
      const places = new Map<string, string>();
      checkLayerList(places)(value, place, checkLayerList(places));
      if ((value as unknown[]).length === 0)
        throw new UsageError('layers is empty: a net needs at least one');
    },
  },
  optional: {
    pixels: (value, place) => checkKeys(value, 'pixels', place, { mean: pixel, scale: pixel }, {}),
  },
};

/** @param places where each name was met so far */
const checkLayerList =
  (places: Map<string, string>): Check =>
  (value, place, checkLayers) => {
    if (!Array.isArray(value))
      throw new UsageError(`${place} is ${showValue(value)}, expected a list of layers`);
    for (const [i, layer] of value.entries()) checkLayer(layer, `${place}[${i}]`, places, checkLayers);
  };

function checkLayer(layer: unknown, place: string, places: Map<string, string>, checkLayers: Check): void {
  if (!isObject(layer))
    throw new UsageError(
      `${place} is ${showValue(layer)}, expected a layer such as { "kind": "relu", "name": "relu1" }`,
    );
  const { kind, name } = layer;
  const kinds = Object.keys(layerKinds);
  if (kind === undefined) throw new UsageError(`${place} lacks a "kind": one of ${kinds.join(', ')}`);
  if (typeof kind !== 'string' || !Object.hasOwn(layerKinds, kind)) {
    const guess = suggest(String(kind), kinds);
    throw new UsageError(
      `${place}: unknown layer kind ${showValue(kind)}${guess ? `, did you mean "${guess}"?` : ''}; known: ${kinds.join(', ')}`,
    );
  }
  const { required, optional } = layerKinds[kind as keyof typeof layerKinds] as {
    required: Checks;
    optional: Checks;
  };
  checkKeys(layer, kind, place, { kind: () => {}, name: text, ...required }, optional, checkLayers);
  const before = places.get(name as string);
  if (before !== undefined)
    throw new UsageError(`${before} and ${place} are both called ${showValue(name)}; names must differ`);
  places.set(name as string, place);
  const [first] = (name as string).split('.');
  if (reserved.includes(first!))
    throw new UsageError(
      `${place} is called ${showValue(name)}, but names that begin with "${first}" are those of the loss`,
    );
}

/** Checks every value of an object, that none is missing, and that there are no others. */
function checkKeys(
  value: unknown,
  what: string,
  place: string,
  required: Checks,
  optional: Checks,
  checkLayers: Check = () => {},
): void {
  const where = place === '' ? what : `${place} (${what})`;
  if (!isObject(value)) throw new UsageError(`${place || 'it'} is ${showValue(value)}, expected an object`);
  const known = { ...required, ...optional };
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(known, key)) continue;
    const guess = suggest(key, Object.keys(known));
    throw new UsageError(
      `${where} has no setting "${key}"${guess ? `, did you mean "${guess}"?` : ''}; it has ${Object.keys(known).join(', ')}`,
    );
  }
  for (const key of Object.keys(required))
    if (value[key] === undefined) throw new UsageError(`${where} lacks "${key}"`);
  for (const [key, check] of Object.entries(known))
    if (value[key] !== undefined) check(value[key], place === '' ? key : `${place}.${key}`, checkLayers);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
