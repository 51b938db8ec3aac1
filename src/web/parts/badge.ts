import { element } from './element.ts';

const meanings = {
  measured: 'timed on this device, and a little different every time',
  exact: 'counted or read, the same every time',
  modelled: 'estimated from a model of the hardware, not observed',
} as const;

/** How a number came about. */
export type Provenance = keyof typeof meanings;

/** The small label beside a number that says how it came about. */
export function badge(provenance: Provenance): HTMLElement {
  return element(
    'span',
    { class: 'badge', 'data-provenance': provenance, title: meanings[provenance] },
    provenance,
  );
}
