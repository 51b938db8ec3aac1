/** Which kernels are listed, and in what order. */

import type { KernelEntry } from '../../kernels/catalogue.ts';
import { type FamilyName, families, familyNames, familyOf } from '../../profile/families.ts';

export type Listed = Pick<KernelEntry, 'name' | 'summary' | 'uses'>;
export type Grouping = 'family' | 'name';

export interface Group<K> {
  readonly title: string;
  readonly kernels: readonly K[];
}

/** Kernels that have every word of the search in their name, summary or operators. */
export function searchKernels<K extends Listed>(kernels: readonly K[], search: string): K[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return kernels.filter((kernel) => {
    const text = [kernel.name, kernel.summary, ...operatorsOf(kernel)].join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** By kind of work, in the order of legends, or all in one. The kernels stay in their order. */
export function groupKernels<K extends Listed>(kernels: readonly K[], by: Grouping): Group<K>[] {
  if (by === 'name') return kernels.length > 0 ? [{ title: 'All kernels', kernels }] : [];
  return familyNames
    .map((family) => ({
      title: capitalised(families[family].name),
      kernels: kernels.filter((kernel) => familyOfKernel(kernel) === family),
    }))
    .filter((group) => group.kernels.length > 0);
}

/** What its name says, else the family of its operators where that is one and the same. */
function familyOfKernel(kernel: Listed): FamilyName {
  const own = familyOf(kernel.name);
  if (own !== 'elements') return own;
  const [first = own, ...others] = new Set(operatorsOf(kernel).map(familyOf));
  return others.length > 0 ? own : first;
}

/** Names of the operators that dispatch a kernel. */
export const operatorsOf = ({ uses }: Pick<Listed, 'uses'>): string[] =>
  uses.map(({ operator }) => operator.name);

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
