/** The losses that the tables compare, as data: one entry a row. */

import { type MeasuredRow, sharedSeeds } from '../../evaluation/verdict.ts';
import type { TrainingConfigInput } from '../../training/config/config.ts';

type Loss = NonNullable<TrainingConfigInput['loss']>;
type NormFace = Extract<Loss, { name: 'normface' }>;

/** Settings of the heads that differ between the sizes of the presets. */
export interface HeadSettings {
  /** Of softmax over cosines alone (docs/reference.md#scale) … */
  readonly scale: NonNullable<NormFace['scale']>;
  /** … and of that with a second loss beside it (docs/reference.md#two-losses-together). */
  readonly jointScale: NonNullable<NormFace['scale']>;
  /** Of the agents of softmax over cosines (docs/reference.md#class-weights-of-the-heads) … */
  readonly agents: AgentSettings;
  /** … and of those of C-contrastive and C-triplet, whose gradients have no scale. */
  readonly distanceAgents: AgentSettings;
  /** Of later losses, in place of those of their authors. */
  readonly later: Partial<Record<Loss['name'], object>>;
  /**
   * The same where they go on from class weights of softmax for a few epochs: a threshold that fits these (docs/reference.md#fine-tuning-with-a-threshold), a
   * running mean that settles within them.
   */
  readonly fineTuned: Partial<Record<Loss['name'], object>>;
}

interface AgentSettings {
  readonly learningRateMultiplier?: number;
}

export type Normalisation = 'no' | 'feature only' | 'weight only' | 'yes';

export interface LossRow {
  /** Names runs and lines of CSV files. */
  readonly key: string;
  readonly loss: string;
  readonly normalisation: Normalisation;
  readonly config: Pick<TrainingConfigInput, 'loss' | 'auxiliaryLoss' | 'sampling'>;
  /** Accuracy in Table 2, in per cent, and its spread over five snapshots. */
  readonly paper?: { readonly accuracy: number; readonly spread?: number };
}

const softmax = { name: 'softmax', bias: true } as const satisfies Loss;

/** Further steps of the baseline: what a fine-tune has to beat. */
export const control: LossRow = {
  key: 'control',
  loss: 'softmax',
  normalisation: 'no',
  config: { loss: softmax },
  paper: { accuracy: 98.28 },
};

/**
 * Further steps of the baseline whose class weights learn as fast as those of the rows that are compared with them: where the rows
 * have a multiplier of their rate, the control without one differs from them in two things at once.
 */
export function rateControls({ agents, distanceAgents }: HeadSettings): LossRow[] {
  const multipliers = [agents, distanceAgents].map(rateOf).filter((multiplier) => multiplier !== 1);
  return [...new Set(multipliers)].map((learningRateMultiplier) => ({
    key: `control-rate-${learningRateMultiplier}`,
    loss: 'softmax',
    normalisation: 'no',
    config: { loss: { ...softmax, learningRateMultiplier } },
  }));
}

function rateOf({ learningRateMultiplier = 1 }: AgentSettings): number {
  return learningRateMultiplier;
}

/** Key of the control whose class weights learn at the same multiple of the rate as those of a row. */
function controlKeyOf({ config: { loss } }: LossRow): string {
  const rate = rateOf((loss ?? {}) as AgentSettings);
  return rate === 1 ? control.key : `control-rate-${rate}`;
}

/**
 * Whatever belongs to the control of a row: the one whose class weights learn as fast; of a control the plain one.
 * @throws RangeError where it is missing
 */
export function controlAmong<T extends { readonly row: LossRow }>(results: readonly T[], row: LossRow): T {
  const found = findControl(results, row);
  if (!found) throw new RangeError(`there is no control of the row ${row.key}`);
  return found;
}

function findControl<T extends { readonly row: LossRow }>(
  results: readonly T[],
  row: LossRow,
): T | undefined {
  const wanted = isControl(row) ? control.key : controlKeyOf(row);
  return results.find(({ row: { key } }) => key === wanted);
}

/** Every row but the plain control, each with its control; rows that share no seed with it, since not all is trained yet, are left out. */
export function withTheirControls<T extends MeasuredRow & { readonly row: LossRow }>(results: readonly T[]) {
  return results.flatMap((result) => {
    const own = findControl(results, result.row);
    if (result.row.key === control.key || !own || sharedSeeds(result, own) === 0) return [];
    return [{ row: result, control: own }];
  });
}

export function isControl({ key }: Pick<LossRow, 'key'>): boolean {
  return key.startsWith(control.key);
}

/** Weight of a second loss beside softmax over cosines; the paper gives it for C-contrastive (arXiv 1704.06369, section 5.2). */
export const jointWeight = 0.01;

/** Softmax over cosines with a second loss that has agents of its own. @param negativeMargin 0 is the center loss (docs/reference.md#c-contrastive) */
export function jointConfig(
  { jointScale, agents, distanceAgents }: HeadSettings,
  negativeMargin: number,
  weight: number,
): LossRow['config'] {
  return {
    loss: { name: 'normface', scale: jointScale, ...agents },
    auxiliaryLoss: { name: 'c-contrastive', negativeMargin, weight, ...distanceAgents },
  };
}

/** The rows of Table 2 (docs/reference.md#tables); the first are the controls. */
export function paperRows(head: HeadSettings): readonly LossRow[] {
  const { scale, agents, distanceAgents } = head;
  const triplet = (addCenterLoss: boolean): Loss => ({
    name: 'c-triplet',
    addCenterLoss,
    hardestOnly: true,
    gradient: 'caffe',
    ...distanceAgents,
  });
  return [
    control,
    ...rateControls(head),
    {
      key: 'softmax-dropout',
      loss: 'softmax + dropout',
      normalisation: 'no',
      // Ratio and place are not in the paper.
      config: { loss: { ...softmax, dropout: 0.5 } },
      paper: { accuracy: 98.35 },
    },
    {
      key: 'softmax-center',
      loss: 'softmax + center',
      normalisation: 'no',
      config: { loss: softmax, auxiliaryLoss: { name: 'center', normalise: false } },
      paper: { accuracy: 99.03 },
    },
    {
      key: 'feature-only',
      loss: 'softmax',
      normalisation: 'feature only',
      config: { loss: { name: 'normface', normalise: 'features', scale, ...agents } },
      paper: { accuracy: 98.72 },
    },
    {
      key: 'weight-only',
      loss: 'softmax',
      normalisation: 'weight only',
      config: { loss: { name: 'normface', normalise: 'weights', ...agents } },
      paper: { accuracy: 98.95 },
    },
    {
      key: 'normface',
      loss: 'softmax',
      normalisation: 'yes',
      config: { loss: { name: 'normface', scale, ...agents } },
      paper: { accuracy: 99.16, spread: 0.025 },
    },
    {
      key: 'normface-center',
      loss: 'softmax + center',
      normalisation: 'yes',
      config: jointConfig(head, 0, jointWeight),
      paper: { accuracy: 99.17, spread: 0.017 },
    },
    {
      key: 'c-contrastive',
      loss: 'C-contrastive',
      normalisation: 'yes',
      config: { loss: { name: 'c-contrastive', ...distanceAgents } },
      paper: { accuracy: 99.15, spread: 0.017 },
    },
    {
      key: 'c-triplet',
      loss: 'C-triplet',
      normalisation: 'yes',
      config: { loss: triplet(false) },
      paper: { accuracy: 99.11, spread: 0.008 },
    },
    {
      key: 'c-triplet-center',
      loss: 'C-triplet + center',
      normalisation: 'yes',
      config: { loss: triplet(true) },
      paper: { accuracy: 99.13, spread: 0.017 },
    },
    {
      key: 'normface-c-contrastive',
      loss: 'softmax + C-contrastive',
      normalisation: 'yes',
      config: jointConfig(head, 1, jointWeight),
      paper: { accuracy: 99.19, spread: 0.008 },
    },
  ];
}

/**
 * The losses of sampled pairs and triplets that agents replace (arXiv 1704.06369, section 4), at the margins of their usual definitions. Batches hold
 * four images of each of their people.
 */
export function sampleRows(batchSize: number): readonly LossRow[] {
  const sampling = { kind: 'balanced', people: batchSize / 4, images: 4 } as const;
  return [
    {
      key: 'pair-contrastive',
      loss: 'contrastive of pairs',
      normalisation: 'yes',
      config: { loss: { name: 'pair-contrastive' }, sampling },
    },
    {
      key: 'triplet',
      loss: 'triplet of images',
      normalisation: 'yes',
      config: { loss: { name: 'triplet' }, sampling },
    },
  ];
}

/** A row of a loss with the settings of its authors (sources: docs/reference.md) unless the head has others. */
function lossRow(
  { agents, later, fineTuned }: HeadSettings,
  loss: string,
  key: Loss['name'],
  normalisation: Normalisation = 'yes',
): LossRow {
  const settings = { name: key, ...agents, ...later[key], ...fineTuned[key] };
  return { key, loss, normalisation, config: { loss: settings as Loss } };
}

/** Losses that came after the paper. */
export function laterRows(head: HeadSettings): readonly LossRow[] {
  return [
    lossRow(head, 'CosFace / AM-Softmax', 'cosface'),
    lossRow(head, 'ArcFace', 'arcface'),
    lossRow(head, 'SphereFace', 'sphereface', 'weight only'),
    lossRow(head, 'SphereFace2', 'sphereface2'),
    lossRow(head, 'AdaCos', 'adacos'),
    lossRow(head, 'circle loss', 'circle'),
  ];
}

/** Those of today. One more is a line here, a word in `scratchKeys` and a line among the scheduled margins. */
export function todaysRows(head: HeadSettings): readonly LossRow[] {
  return [
    lossRow(head, 'AdaFace', 'adaface'),
    lossRow(head, 'MagFace', 'magface'),
    lossRow(head, 'ElasticFace', 'elasticface'),
    lossRow(head, 'CurricularFace', 'curricularface'),
    lossRow(head, 'UniFace', 'uniface'),
  ];
}

/** The keys and those of the controls that they are compared with, the controls first. */
export function withControls(rows: readonly LossRow[], keys: readonly string[]): string[] {
  return [...new Set([control.key, ...rowsOf(rows, keys).map(controlKeyOf), ...keys])];
}

/** The rows with these keys, in the order of the keys. */
export function rowsOf(rows: readonly LossRow[], keys: readonly string[]): LossRow[] {
  return keys.map((key) => {
    const row = rows.find((candidate) => candidate.key === key);
    if (!row) throw new RangeError(`there is no row ${key}`);
    return row;
  });
}

/** "softmax + center, normalised: yes" as one short label. */
export function labelOf(row: LossRow): string {
  const { loss, normalisation, key } = row;
  if (key === control.key) return 'control';
  if (isControl(row)) return `control, class weights × ${rateOf(row.config.loss as AgentSettings)}`;
  return normalisation === 'yes'
    ? `${loss}, normalised`
    : normalisation === 'no'
      ? loss
      : `${loss}, ${normalisation}`;
}

/** What stands in the first column of a table. */
export function nameOf(row: LossRow): string {
  if (!isControl(row)) return row.loss;
  return `softmax, further steps${labelOf(row).slice(control.key.length)} (control)`;
}
