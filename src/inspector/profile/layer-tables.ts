/** The layers of a profile for the terminal. */

import { durationText, percentText } from '../../common/format.ts';
import type { Table } from '../../common/table.ts';
import { peakText } from './bound.ts';
import { compareLayers, type LayerPass, layerRows } from './layers.ts';
import { type StepProfile, timingText } from './profile.ts';

const right = 'right' as const;

const passColumns = (header: string): Table['columns'] => [
  { header, align: right },
  { header: 'of step', align: right },
  { header: 'of peak', align: right },
];

function passCells(pass: LayerPass | null): string[] {
  if (!pass) return ['', '', ''];
  const { microseconds, timeShare, peakShare } = pass;
  return [durationText(microseconds), percentText(timeShare), peakShare > 0 ? percentText(peakShare) : ''];
}

/** One row a layer, and the sum. */
export function layerTable(profile: StepProfile): Table {
  const { layers, total } = layerRows(profile);
  return {
    title: 'layers',
    columns: [
      { header: 'layer' },
      ...passColumns('forward'),
      ...passColumns('backward'),
      { header: 'bound by' },
      { header: 'of roofline', align: right },
    ],
    rows: [...layers, total].map((row) => [
      row.layer,
      ...passCells(row.forward),
      ...passCells(row.backward),
      row.by ?? '',
      row.by ? percentText(row.share) : '',
    ]),
    notes: [`of peak: its arithmetic at ${peakText(profile.roofline)} over its time`],
  };
}

/** Two profiles of the same step side by side: an estimate and a measurement, or two adapters. */
export function comparisonTable(one: StepProfile, other: StepProfile): Table {
  const ratio = (a: LayerPass | null, b: LayerPass | null): string =>
    a && b && a.microseconds > 0 ? `${(b.microseconds / a.microseconds).toFixed(2)}×` : '';
  return {
    title: 'layers, side by side',
    columns: [{ header: 'layer' }, ...passColumns('A'), ...passColumns('B'), { header: 'B/A', align: right }],
    rows: compareLayers(one, other).map(({ layer, one, other }) => [
      layer,
      ...passCells(one),
      ...passCells(other),
      ratio(one, other),
    ]),
    notes: [`A: ${describe(one)}`, `B: ${describe(other)}`],
  };
}

const describe = (profile: StepProfile): string =>
  `${profile.title}; ${profile.adapter}, ${timingText(profile)}, peak ${peakText(profile.roofline)}`;
