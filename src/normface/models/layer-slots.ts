/** The layers of a net that have parameters, as places for the tensors of a file. */

import type { NamedLayer } from '../nets/layer.ts';
import type { Layer, Net } from '../nets/net.ts';
import { planNet } from '../nets/plan.ts';
import type { GroupKind, Role } from './tensor-groups.ts';
import { flattenedOrder } from './weight-layout.ts';

export interface SlotParameter {
  readonly name: string;
  readonly role: Role;
  /** In this program's layout. */
  readonly shape: readonly number[];
}

export interface LayerSlot {
  readonly layer: string;
  readonly kind: GroupKind;
  readonly parameters: readonly SlotParameter[];
  /** Where the layer's inputs are an image flattened in the order rows, columns, channels: their places in the order channels, rows, columns. */
  readonly order: Uint32Array | undefined;
}

/** Whether a residual's shortcut comes before its layers, or after them, as most programs declare it. */
export type ResidualOrder = 'shortcut first' | 'shortcut last';

/** Slots in the order in which the layers run. @throws as {@link planNet} */
export function layerSlots(net: Net, residuals: ResidualOrder = 'shortcut first'): LayerSlot[] {
  let order: Uint32Array | undefined;
  const slots: LayerSlot[] = [];
  for (const layer of planNet(net).flatMap((planned, i) => inOrder(planned, net.layers[i], residuals))) {
    const { kind, name, input, parameters } = layer;
    if (kind === 'flatten' && input.length === 3)
      order = flattenedOrder(input as readonly [number, number, number]);
    if (parameters.length > 0)
      slots.push({
        layer: name,
        kind: kind as GroupKind,
        parameters: parameters.map((parameter) => ({
          name: parameter.name,
          role: parameter.name.slice(name.length + 1) as Role,
          shape: parameter.shape,
        })),
        order,
      });
    if (kind === 'fullyConnected') order = undefined;
  }
  return slots;
}

/** A layer after those inside it. */
function inOrder(planned: NamedLayer, layer: Layer | undefined, residuals: ResidualOrder): NamedLayer[] {
  const inner = planned.inner ?? [];
  const inside = partsInside(layer);
  const each = (from: number, to: number): NamedLayer[] =>
    inner.slice(from, to).flatMap((part, i) => inOrder(part, inside[from + i], residuals));
  const shortcut = layer?.kind === 'residual' ? (layer.shortcut?.length ?? 0) : 0;
  const parts =
    residuals === 'shortcut last'
      ? [...each(shortcut, inner.length), ...each(0, shortcut)]
      : each(0, inner.length);
  return [...parts, planned];
}

/** The layers inside one, in the order in which plans list them. */
function partsInside(layer: Layer | undefined): readonly Layer[] {
  if (layer?.kind === 'residual') return [...(layer.shortcut ?? []), ...layer.layers];
  return layer?.kind === 'branches' ? layer.branches.flat() : [];
}
