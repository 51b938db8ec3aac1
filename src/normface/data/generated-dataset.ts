import { UsageError } from '../../common/errors.ts';
import { drawQuality, type ImageQuality, type QualityRanges, qualityBounds } from '../faces/quality.ts';
import { createDataset, type Dataset, type LabelledSource } from './dataset.ts';

/** A data set of generated faces: identities `first` … `first + identities − 1` of the world `seed`, `samples` images each. */
export interface GeneratedSpec {
  readonly identities: number;
  readonly samples: number;
  readonly seed: number;
  /** Number of the first identity (from 0), to make sets of different people of the same world. */
  readonly first: number;
  /** Blur of the images, drawn for each: standard deviation in pixels of a face 96 pixels wide. Default: none. */
  readonly blur?: readonly [least: number, most: number];
  /** Share of the sides that images are shrunk to and enlarged from, drawn for each. Default: all. */
  readonly resolution?: readonly [least: number, most: number];
}

type WholeNumbers = Omit<GeneratedSpec, keyof ImageQuality>;

const defaults: WholeNumbers = { identities: 200, samples: 20, seed: 1, first: 0 };
const minimum: WholeNumbers = { identities: 1, samples: 1, seed: 0, first: 0 };
const maximumImages = 10_000_000;

/** Whether a data set's name asks for generated faces. */
export function isGenerated(text: string): boolean {
  return text === 'generated' || text.startsWith('generated:');
}

/** Ranges that leave images as they are drawn. */
const best: QualityRanges = { blur: [0, 0], resolution: [1, 1] };

const keys = [...Object.keys(defaults), ...Object.keys(best)];

/** Reads `generated:identities=200,samples=20,seed=1,first=0,blur=0..3,resolution=0.2..1`; what is left out has its default. @throws UsageError */
export function parseGenerated(text: string): Partial<GeneratedSpec> {
  const spec: Record<string, number | [number, number]> = {};
  for (const part of text.slice('generated:'.length).split(',')) {
    if (part.trim() === '') continue;
    const [key, value = ''] = part.split('=').map((word) => word.trim()) as [string, string?];
    if (!keys.includes(key))
      throw new UsageError(`data set "${text}": unknown key "${key}" (known: ${keys.join(', ')})`);
    if (Object.hasOwn(best, key)) spec[key] = parseRange(text, key as keyof ImageQuality, value);
    else if (/^\d+$/.test(value)) spec[key] = Number(value);
    else
      throw new UsageError(
        `data set "${text}": ${key} must be a whole number of at least ${minimum[key as keyof WholeNumbers]}, got "${value}"`,
      );
  }
  return spec;
}

/** `0..3`, or one number for all images. */
function parseRange(text: string, key: keyof ImageQuality, value: string): [number, number] {
  const match = /^(\d+(?:\.\d+)?)(?:\.\.(\d+(?:\.\d+)?))?$/.exec(value);
  if (!match)
    throw new UsageError(
      `data set "${text}": ${key} is a number or a range such as ${examples[key]}, got "${value}"`,
    );
  return [Number(match[1]), Number(match[2] ?? match[1])];
}

const examples: Readonly<Record<keyof ImageQuality, string>> = { blur: '0..3', resolution: '0.2..1' };

/** The ranges that were asked for; undefined where images are to be as they are drawn. @throws UsageError */
function qualityRanges({ blur, resolution }: Partial<GeneratedSpec>): QualityRanges | undefined {
  if (!blur && !resolution) return undefined;
  const ranges = { blur: blur ?? best.blur, resolution: resolution ?? best.resolution };
  for (const key of ['blur', 'resolution'] as const) {
    const [[least, most], [lowest, highest]] = [ranges[key], qualityBounds[key]];
    if (!(lowest <= least && least <= most && most <= highest))
      throw new UsageError(
        `generated faces: ${key} must rise within ${lowest} to ${highest}, such as ${examples[key]}, got ${least}..${most}`,
      );
  }
  return ranges;
}

/** Data set of generated faces, images `person_0001/person_0001_0001` and so on. @throws UsageError */
export function generatedDataset(partial: Partial<GeneratedSpec>): Dataset {
  const spec = { ...defaults, ...partial };
  for (const key of Object.keys(minimum) as (keyof WholeNumbers)[]) {
    if (!Number.isInteger(spec[key]) || spec[key] < minimum[key] || spec[key] > 0xffffffff) {
      throw new UsageError(
        `generated faces: ${key} must be a whole number of at least ${minimum[key]}, got ${spec[key]}`,
      );
    }
  }
  const { identities, samples, seed, first } = spec;
  if (identities * samples > maximumImages) {
    throw new UsageError(
      `generated faces: ${identities} × ${samples} images are more than the possible ${maximumImages}`,
    );
  }
  const ranges = qualityRanges(spec);
  const entries: LabelledSource[] = [];
  for (let identity = first; identity < first + identities; identity++) {
    // Names count from 1, like those of LFW, so that pair lists can name them.
    const name = `person_${String(identity + 1).padStart(4, '0')}`;
    for (let sample = 0; sample < samples; sample++) {
      const key = `${name}/${name}_${String(sample + 1).padStart(4, '0')}`;
      const quality = ranges && { quality: drawQuality(seed, identity, sample, ranges) };
      entries.push({
        identity: name,
        key,
        source: { kind: 'generated', seed, identity, sample, ...quality },
      });
    }
  }
  const texts = (['blur', 'resolution'] as const).flatMap((key) => {
    const range = spec[key];
    return range ? [`${key} ${range[0] === range[1] ? range[0] : range.join(' to ')}`] : [];
  });
  const quality = texts.length > 0 ? ` with ${texts.join(' and ')}` : '';
  return createDataset(`generated faces of seed ${seed}${quality}`, entries);
}
