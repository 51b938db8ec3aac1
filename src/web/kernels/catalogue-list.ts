/** Which kernels are listed, and in what order. */

import { editDistance } from '../../common/edit-distance.ts';
import type { KernelEntry } from '../../inspector/kernels/catalogue.ts';
import { type FamilyName, families, familyNames } from '../../inspector/profile/families.ts';

export type Listed = Pick<KernelEntry, 'name' | 'summary' | 'uses'>;
export type Grouping = 'family' | 'name';

export interface Group<K> {
  readonly title: string;
  readonly kernels: readonly K[];
}

export interface Found<K> {
  readonly kernels: readonly K[];
  /** Words that no kernel has, and the nearest ones, which were sought in their place. */
  readonly corrections: readonly (readonly [written: string, sought: string])[];
}

/** Kernels that have every word of the search in their name, summary or operators, or else a word that is spelt nearly so. */
export function searchKernels<K extends Listed>(kernels: readonly K[], search: string): Found<K> {
  const texts = kernels.map((kernel) =>
    plain([kernel.name, kernel.summary, ...operatorsOf(kernel)].join(' ')),
  );
  const corrections: [string, string][] = [];
  const words = plain(search)
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => {
      if (texts.some((text) => text.includes(word))) return word;
      const near = nearestWord(word, texts);
      if (near !== undefined) corrections.push([word, near]);
      return near ?? word;
    });
  return {
    kernels: kernels.filter((_, i) => words.every((word) => texts[i]!.includes(word))),
    corrections,
  };
}

/** As it can be typed: the signs of products, minus and the like are not on keyboards. */
function plain(text: string): string {
  return text.toLowerCase().replaceAll('×', 'x').replaceAll('−', '-').replaceAll('·', '*');
}

/** The word of the texts with the fewest slips of the pen to it: one in short words, one in four letters of long ones. */
function nearestWord(word: string, texts: readonly string[]): string | undefined {
  const known = new Set(texts.flatMap((text) => text.match(/[a-z][a-z\d]+/g) ?? []));
  const most = Math.floor(word.length / 4);
  return [...known]
    .map((candidate) => ({ candidate, slips: editDistance(word, candidate) }))
    .filter(({ slips }) => slips <= most)
    .sort((a, b) => a.slips - b.slips)[0]?.candidate;
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

/**
 * The family of the operator that a kernel comes first with, which dispatches fewest others: a product for gemm, rather than a loss
 * that needs one. What a sum or a copy dispatches is one, whoever else does.
 */
export function familyOfKernel({ uses }: Pick<Listed, 'uses'>): FamilyName {
  const all = uses.map(({ operator }) => operator.family);
  return all.includes('elements') ? 'elements' : (all[0] ?? 'elements');
}

/** Names of the operators that dispatch a kernel. */
export const operatorsOf = ({ uses }: Pick<Listed, 'uses'>): string[] =>
  uses.map(({ operator }) => operator.name);

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
