/** 1:N identification of templates: who of a gallery is each probe? */

import type { Table } from '../../common/table.ts';
import type { TemplateSubjects } from '../data/protocols/templates.ts';
import type { Features } from './features.ts';
import { tarAtFar } from './roc.ts';

/** Ranks at which a probe's person counts as found. */
const reportedRanks = [1, 5, 10] as const;
/** False positive identification rates that are reported. */
const reportedRates = [1e-3, 1e-2, 1e-1] as const;

/** How well the probes of one gallery are identified. */
export interface IdentificationResult {
  readonly gallery: string;
  readonly subjects: number;
  /** Probes whose person is in the gallery, and the others. */
  readonly mated: number;
  readonly unmated: number;
  /**
   * Share of the mated probes whose person is among the `rank` most similar of the gallery; of equal scores theirs is the last; null without
   * mated probes.
   */
  readonly ranks: readonly { readonly rank: number; readonly rate: number | null }[];
  /**
   * True positive identification rate: the share of the mated probes whose person is the most similar with a score of at least a
   * threshold, which at most the share `fpir` of the unmated probes reach with anybody; null where these are too few to tell, or there are no mated ones.
   */
  readonly openSet: readonly { readonly fpir: number; readonly tpir: number | null }[];
}

/**
 * Compares every probe with every template of a gallery.
 * @param features one row of length 1 for each template
 */
export function identifyTemplates(
  { values, dimension }: Features,
  gallery: TemplateSubjects,
  probes: TemplateSubjects,
): IdentificationResult {
  const subjects = new Set(gallery.subjects);
  const found: { rank: number; score: number }[] = [];
  const strangers: number[] = [];
  probes.templates.forEach((probe, i) => {
    const subject = probes.subjects[i]!;
    let own = -Infinity;
    let best = -Infinity;
    const scores = Float64Array.from(gallery.templates, (template, k) => {
      let sum = 0;
      for (let d = 0; d < dimension; d++)
        sum += values[probe * dimension + d]! * values[template * dimension + d]!;
      if (gallery.subjects[k] === subject) own = Math.max(own, sum);
      else best = Math.max(best, sum);
      return sum;
    });
    if (!subjects.has(subject)) {
      strangers.push(best);
      return;
    }
    const better = new Set<number>();
    scores.forEach((score, k) => {
      const other = gallery.subjects[k]!;
      if (other !== subject && score >= own) better.add(other);
    });
    found.push({ rank: 1 + better.size, score: own });
  });
  const split = {
    genuine: Float64Array.from(found, ({ rank, score }) => (rank === 1 ? score : -Infinity)).sort(),
    impostor: Float64Array.from(strangers).sort(),
  };
  return {
    gallery: gallery.name,
    subjects: subjects.size,
    mated: found.length,
    unmated: strangers.length,
    ranks: reportedRanks.map((rank) => ({
      rank,
      rate: found.length > 0 ? found.filter((probe) => probe.rank <= rank).length / found.length : null,
    })),
    openSet: reportedRates.map((fpir) => ({
      fpir,
      tpir: found.length > 0 ? tarAtFar(split, fpir).tar : null,
    })),
  };
}

/** A row for each gallery. */
export function identificationTable(results: readonly IdentificationResult[]): Table {
  const percent = (share: number | null) => (share === null ? 'too few' : (100 * share).toFixed(2));
  return {
    title: 'Templates, 1:N: identification in %',
    columns: [
      { header: 'gallery' },
      ...reportedRanks.map((rank) => ({ header: `rank ${rank}`, align: 'right' as const })),
      ...reportedRates.map((fpir) => ({ header: `TPIR@FPIR ${fpir}`, align: 'right' as const })),
    ],
    rows: results.map(({ gallery, ranks, openSet }) => [
      gallery,
      ...ranks.map(({ rate }) => percent(rate)),
      ...openSet.map(({ tpir }) => percent(tpir)),
    ]),
    notes: results.map(
      ({ gallery, subjects, mated, unmated }) =>
        `${gallery}: ${subjects} people; ${mated} probes of them and ${unmated} of others.`,
    ),
  };
}
