/** What TensorBoard is shown of a run: curves of its log, and its settings. */

import type { Json, JsonObject } from '../../../common/json.ts';
import type { LogRecord, StepRecord } from '../run/log.ts';

/** Curves of a logged step by the field of its record; what stands before the slash groups them on the page. */
const stepTags: Readonly<Partial<Record<keyof StepRecord, string>>> = {
  loss: 'train/loss',
  bound: 'train/loss_bound',
  learningRate: 'train/learning_rate',
  scale: 'train/scale',
  positiveCosine: 'train/cosine_own_class',
  negativeCosine: 'train/cosine_other_classes',
  featureNorm: 'train/feature_norm',
  normDeviation: 'train/feature_norm_deviation',
  sampleMargin: 'train/sample_margin',
  lossScale: 'train/loss_scale',
  skipped: 'train/skipped_steps',
  epoch: 'train/epoch',
  imagesPerSecond: 'speed/images_per_second',
  dataWait: 'speed/share_of_time_waiting_for_images',
};

/** The numbers of a record by their names in TensorBoard; none of records that are no curve. */
export function scalarsOf(record: LogRecord): Map<string, number> {
  const scalars = new Map<string, number>();
  const fields = record as unknown as Readonly<Record<string, unknown>>;
  const add = (tag: string, value: unknown) => {
    if (typeof value === 'number') scalars.set(tag, value);
  };
  if (record.event === 'step') for (const [field, tag] of Object.entries(stepTags)) add(tag, fields[field]);
  if (record.event === 'validation') {
    add(`validation/accuracy ${fields.protocol}`, fields.accuracy);
    add(`validation/threshold ${fields.protocol}`, fields.threshold);
  }
  return scalars;
}

/** A configuration's settings by their dotted keys, as TensorBoard compares them: lists, and nets as data, as JSON. */
export function flatSettings(config: object): Map<string, string | number | boolean> {
  const flat = new Map<string, string | number | boolean>();
  const add = (prefix: string, value: Json | undefined) => {
    if (value === undefined || value === null) return;
    if (typeof value !== 'object') flat.set(prefix, value);
    else if (Array.isArray(value) || prefix === 'net') flat.set(prefix, JSON.stringify(value));
    else
      for (const [key, inner] of Object.entries(value)) add(prefix === '' ? key : `${prefix}.${key}`, inner);
  };
  add('', JSON.parse(JSON.stringify(config)) as JsonObject);
  return flat;
}

/** A configuration as the Markdown that TensorBoard's page of texts shows. */
export function configurationText(config: object): string {
  // Four spaces make a block of code that no text within can end.
  return JSON.stringify(config, null, 2).replaceAll(/^/gm, '    ');
}
