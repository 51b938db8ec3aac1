import { UsageError } from '../../common/errors.ts';
import { drawQuality, type QualityRanges } from '../faces/quality.ts';
import { createDataset, type Dataset, type LabelledSource } from './dataset.ts';

/** A data set of generated faces: identities `first` … `first + identities − 1` of the world `seed`, `samples` images each. */
export interface GeneratedSpec {
  readonly identities: number;
  readonly samples: number;
  readonly seed: number;
  /** Number of the first identity (from 0), to make sets of different people of the same world. */
  readonly first: number;
  /** Radius of the blur in thousandths of the width: of every picture, or between which numbers it is drawn; by default the picture has its own. */
  readonly blur?: number | Range;
  /** Pixels of the width that a picture is reduced to and enlarged from, likewise; by default it keeps all. */
  readonly detail?: number | Range;
}

type Range = readonly [least: number, most: number];
const qualities = ['blur', 'detail'] as const;

const defaults: GeneratedSpec = { identities: 200, samples: 20, seed: 1, first: 0 };
const minimum: Readonly<Record<keyof GeneratedSpec, number>> = {
  identities: 1,
  samples: 1,
  seed: 0,
  first: 0,
  blur: 0,
  detail: 1,
};
const mostBlur = 250;
const maximumImages = 10_000_000;

/** Whether a data set's name asks for generated faces. */
export function isGenerated(text: string): boolean {
  return text === 'generated' || text.startsWith('generated:');
}

/** Reads `generated:identities=200,samples=20,seed=1,first=0,blur=0..60,detail=24`; what is left out has its default. @throws UsageError */
export function parseGenerated(text: string): GeneratedSpec {
  const spec: Record<string, number | Range> = { ...defaults };
  for (const part of text.slice('generated:'.length).split(',')) {
    if (part.trim() === '') continue;
    const [key, value = ''] = part.split('=').map((word) => word.trim());
    if (!Object.hasOwn(minimum, key!)) {
      throw new UsageError(
        `data set "${text}": unknown key "${key}" (known: ${Object.keys(minimum).join(', ')})`,
      );
    }
    const range = qualities.some((name) => name === key) ? /^(\d+)\.\.(\d+)$/.exec(value) : null;
    if (!range && !/^\d+$/.test(value))
      throw new UsageError(
        `data set "${text}": ${key} must be a whole number of at least ${minimum[key as keyof GeneratedSpec]}, got "${value}"`,
      );
    spec[key!] = range ? [Number(range[1]), Number(range[2])] : Number(value);
  }
  return spec as unknown as GeneratedSpec;
}

/** Data set of generated faces, images `person_0001/person_0001_0001` and so on. @throws UsageError */
export function generatedDataset(partial: Partial<GeneratedSpec>): Dataset {
  const spec = { ...defaults, ...partial };
  for (const key of Object.keys(minimum) as (keyof GeneratedSpec)[]) {
    for (const value of [spec[key] ?? []].flat()) {
      if (!Number.isInteger(value) || value < minimum[key] || value > 0xffffffff) {
        throw new UsageError(
          `generated faces: ${key} must be a whole number of at least ${minimum[key]}, got ${value}`,
        );
      }
    }
  }
  const { identities, samples, seed, first } = spec;
  const ranges = qualityRanges(spec);
  if (identities * samples > maximumImages) {
    throw new UsageError(
      `generated faces: ${identities} × ${samples} images are more than the possible ${maximumImages}`,
    );
  }
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
  return createDataset(`generated faces of seed ${seed}`, entries);
}

/** What is said of the quality of pictures; undefined where nothing is. @throws UsageError */
function qualityRanges({ blur, detail }: Partial<GeneratedSpec>): QualityRanges | undefined {
  if (blur === undefined && detail === undefined) return undefined;
  const rangeOf = (value: number | Range): Range => (typeof value === 'number' ? [value, value] : value);
  const ranges = {
    ...(blur !== undefined && { blur: rangeOf(blur) }),
    ...(detail !== undefined && { detail: rangeOf(detail) }),
  };
  for (const key of qualities) {
    const [least, most] = ranges[key] ?? [0, 0];
    if (least > most)
      throw new UsageError(
        `generated faces: ${key} must rise, such as ${most}..${least}, got ${least}..${most}`,
      );
  }
  if (ranges.blur && ranges.blur[1] > mostBlur)
    throw new UsageError(
      `generated faces: blur must be at most ${mostBlur} thousandths of the width, got ${ranges.blur[1]}`,
    );
  return ranges;
}
