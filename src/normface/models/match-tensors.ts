/** Tensors without a graph, found for the parameters of a net: by a map, by their names, or by their order. */

import { formatShape } from '../../engine/core/errors.ts';
import type { NetWithValues } from '../nets/fold.ts';
import type { Net } from '../nets/net.ts';
import { pyTorchOriginal } from './export/pytorch-names.ts';
import { refusal } from './formats/refusal.ts';
import { type LayerSlot, layerSlots } from './layer-slots.ts';
import type { ModelFile, ModelTensor } from './model-file.ts';
import { type Channels, channelsOf, isOfShape, slotValues, storedShape } from './slot-values.ts';
import { type Role, type TensorGroup, tensorGroups } from './tensor-groups.ts';

/** Names of the file's tensors or modules by those of the net's parameters or layers. */
export type TensorMap = Readonly<Record<string, string>>;

export interface MatchedNet extends NetWithValues {
  readonly values: Map<string, Float32Array>;
  /** Tensors of the file that the net does not take. */
  readonly unused: string[];
  readonly remarks: string[];
}

/** Which tensor each parameter takes, by the parameter's name. */
type Assignment = Map<string, ModelTensor>;

/** Parameters that change nothing where a file has none: a bias of zero, a scale of one. */
const identities: Readonly<Partial<Record<Role, number>>> = { bias: 0, beta: 0, gamma: 1 };

/** PyTorch's endings of names. */
const endings: Readonly<Record<Role, readonly string[]>> = {
  weight: ['weight', 'filters', 'weights', 'kernel'],
  bias: ['bias'],
  gamma: ['weight', 'gamma'],
  beta: ['bias', 'beta'],
  runningMean: ['running_mean', 'moving_mean'],
  runningVariance: ['running_var', 'moving_variance'],
  slope: ['weight', 'slope'],
};

/**
 * Finds the net's parameters in a file. With a map: what it names, the rest by name. Without: by name, where all parameters are found so
 * (behind a common beginning such as `module.`); else by order, where the file's layers are of the same kinds and shapes as the net's
 * one after the other. Nothing is matched by its shape alone.
 *
 * @param source what sentences call the file
 * @throws UserError with the first parameter that has no tensor
 */
export function matchTensors(file: ModelFile, net: Net, source: string, map?: TensorMap): MatchedNet {
  const channels = channelsOf(file);
  const slots = layerSlots(net);
  const remarks: string[] = [];
  const found = map
    ? byMap(file, slots, map, source)
    : (byName(file, net, slots) ?? byOrder(file, net, channels, source, remarks));
  const used = new Set(found.values());
  const values = new Map<string, Float32Array>();
  const filled: string[] = [];
  for (const slot of slots)
    for (const parameter of slot.parameters) {
      const tensor = found.get(parameter.name);
      const identity = identities[parameter.role];
      const shape = storedShape(slot, parameter, channels);
      if (tensor) {
        if (!isOfShape(tensor, shape, channels))
          throw refusal(
            `${source}: "${tensor.name}" is ${formatShape(tensor.shape)}, but "${parameter.name}" of ${net.name} takes ${formatShape(shape)}`,
          );
        values.set(parameter.name, slotValues(slot, parameter, tensor, channels));
      } else if (identity !== undefined) {
        filled.push(`${parameter.name} = ${identity}`);
        values.set(parameter.name, new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(identity));
      } else
        throw refusal(
          `${source} has no tensor for "${parameter.name}" ${formatShape(shape)} of ${net.name}; --map says which one it is`,
        );
    }
  if (filled.length > 0)
    remarks.push(`not in the file, and taken as what changes nothing: ${filled.join(', ')}`);
  const unused = file.tensors.filter((tensor) => !used.has(tensor));
  refuseForgotten(unused, used, source);
  return { net, values, unused: unused.map(({ name }) => name), remarks };
}

/** A tensor that the net has no place for, beside others of its layer, would change the features, but for a bias of zeros. */
function refuseForgotten(
  unused: readonly ModelTensor[],
  used: ReadonlySet<ModelTensor>,
  source: string,
): void {
  const modules = new Set([...used].map(({ name }) => moduleOf(name)));
  const forgotten = unused.find(
    ({ name, values }) =>
      modules.has(moduleOf(name)) &&
      moduleOf(name) !== '' &&
      !name.endsWith('num_batches_tracked') &&
      !(name.endsWith('bias') && values().every((value) => value === 0)),
  );
  if (forgotten !== undefined)
    throw refusal(
      `${source}: the net has no place for "${forgotten.name}", although it takes the other tensors of that layer`,
    );
}

const moduleOf = (name: string): string => /^(.*)[./][^./]+$/.exec(name)?.[1] ?? '';

function byMap(file: ModelFile, slots: readonly LayerSlot[], map: TensorMap, source: string): Assignment {
  const tensors = new Map(file.tensors.map((tensor) => [tensor.name, tensor]));
  const known = new Set(
    slots.flatMap(({ layer, parameters }) => [layer, ...parameters.map(({ name }) => name)]),
  );
  const stranger = Object.keys(map).find((name) => !known.has(name));
  if (stranger !== undefined)
    throw refusal(`the map has "${stranger}", which is no layer and no parameter of the net`);
  const found: Assignment = new Map();
  for (const { layer, parameters } of slots)
    for (const parameter of parameters) {
      const named = map[parameter.name];
      if (named !== undefined && !tensors.has(named))
        throw refusal(`${source} has no tensor "${named}", which the map has for "${parameter.name}"`);
      const module = map[layer] ?? layer;
      const tensor = named === undefined ? findNamed(tensors, module, parameter.role) : tensors.get(named);
      if (tensor) found.set(parameter.name, tensor);
      else if (map[layer] !== undefined && identities[parameter.role] === undefined)
        throw refusal(
          `${source} has no tensors that begin with "${map[layer]}", which the map has for "${layer}"`,
        );
    }
  return found;
}

function findNamed(
  tensors: ReadonlyMap<string, ModelTensor>,
  module: string,
  role: Role,
): ModelTensor | undefined {
  for (const separator of ['.', '/'])
    for (const ending of endings[role]) {
      const tensor = tensors.get(`${module}${separator}${ending}`);
      if (tensor) return tensor;
    }
  return undefined;
}

/** Every parameter by its name here, or in the PyTorch net that this one was written after, behind one beginning; or nothing. */
function byName(file: ModelFile, net: Net, slots: readonly LayerSlot[]): Assignment | undefined {
  const tensors = new Map(file.tensors.map((tensor) => [tensor.name, tensor]));
  const rename = pyTorchOriginal(net.name)?.rename ?? (() => undefined);
  for (const nameOf of [(layer: string) => layer, (layer: string) => rename(layer) ?? layer]) {
    const first = nameOf(slots[0]!.layer);
    const beginnings = new Set(
      file.tensors
        .map(({ name }) => moduleOf(name))
        .filter((module) => module.endsWith(first))
        .map((module) => module.slice(0, -first.length)),
    );
    for (const beginning of beginnings) {
      const found = allNamed(tensors, slots, (layer) => beginning + nameOf(layer));
      if (found) return found;
    }
  }
  return undefined;
}

function allNamed(
  tensors: ReadonlyMap<string, ModelTensor>,
  slots: readonly LayerSlot[],
  moduleOfLayer: (layer: string) => string,
): Assignment | undefined {
  const found: Assignment = new Map();
  for (const { layer, parameters } of slots)
    for (const parameter of parameters) {
      const tensor = findNamed(tensors, moduleOfLayer(layer), parameter.role);
      if (tensor) found.set(parameter.name, tensor);
      else if (identities[parameter.role] === undefined) return undefined;
    }
  return found;
}

/** The file's layers in turn for the net's, if they are of the same kinds and shapes; those behind them, a classifier, are left. */
function byOrder(
  file: ModelFile,
  net: Net,
  channels: Channels,
  source: string,
  remarks: string[],
): Assignment {
  const { groups } = tensorGroups(file.tensors);
  const tries = (['shortcut last', 'shortcut first'] as const).map((residuals) =>
    inTurn(groups, layerSlots(net, residuals), channels),
  );
  const whole = tries.find(({ difference }) => difference === undefined);
  if (whole) {
    remarks.push(
      'no names agree: the tensors were matched in their order, by the kinds and shapes of the layers',
    );
    return whole.found;
  }
  const furthest = tries.reduce((a, b) => (b.found.size > a.found.size ? b : a));
  throw refusal(
    `${source} does not fit ${net.name}: neither the names of its tensors nor their order; ${furthest.difference}; --map says which tensor is which`,
  );
}

function inTurn(
  groups: readonly TensorGroup[],
  slots: readonly LayerSlot[],
  channels: Channels,
): { found: Assignment; difference?: string } {
  const found: Assignment = new Map();
  for (const [i, slot] of slots.entries()) {
    const group = groups[i];
    const weight = slot.parameters.find(
      ({ role }) => role === 'weight' || role === 'slope' || role === 'runningMean',
    )!;
    const shape = storedShape(slot, weight, channels);
    const wanted = `"${slot.layer}", ${slot.kind} ${formatShape(shape)}`;
    if (!group) return { found, difference: `the file ends before ${wanted}` };
    const tensor = group.tensors.get(weight.role);
    if (!isLike(group, slot) || !tensor || !isOfShape(tensor, shape, channels)) {
      const first = tensor ?? [...group.tensors.values()][0]!;
      return {
        found,
        difference: `the net's ${wanted} meets "${group.module}", ${group.kind} ${formatShape(first.shape)}`,
      };
    }
    for (const parameter of slot.parameters) {
      const member = group.tensors.get(parameter.role);
      if (member) found.set(parameter.name, member);
    }
  }
  return { found };
}

/** Matrices may be stored as filters of one pixel. */
function isLike({ kind }: TensorGroup, slot: LayerSlot): boolean {
  return kind === slot.kind || (kind === 'conv' && slot.kind === 'fullyConnected');
}
