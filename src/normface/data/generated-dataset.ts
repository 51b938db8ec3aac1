import { UsageError } from '../../common/errors.ts';
import { createDataset, type Dataset, type LabelledSource } from './dataset.ts';

/** A data set of generated faces: identities `first` … `first + identities − 1` of the world `seed`, `samples` images each. */
export interface GeneratedSpec {
  readonly identities: number;
  readonly samples: number;
  readonly seed: number;
  /** Number of the first identity (from 0), to make sets of different people of the same world. */
  readonly first: number;
  /** Radius of the blur of every picture in thousandths of its width; by default each draws its own. */
  readonly blur?: number;
  /** Pixels of the width that every picture is reduced to and enlarged from; by default it keeps all. */
  readonly detail?: number;
}

const defaults: GeneratedSpec = { identities: 200, samples: 20, seed: 1, first: 0 };
const minimum: Required<GeneratedSpec> = { identities: 1, samples: 1, seed: 0, first: 0, blur: 0, detail: 1 };
const mostBlur = 250;
const maximumImages = 10_000_000;

/** Whether a data set's name asks for generated faces. */
export function isGenerated(text: string): boolean {
  return text === 'generated' || text.startsWith('generated:');
}

/** Reads `generated:identities=200,samples=20,seed=1,first=0`; what is left out has these values. @throws UsageError */
export function parseGenerated(text: string): GeneratedSpec {
  const spec: Record<string, number> = { ...defaults };
  for (const part of text.slice('generated:'.length).split(',')) {
    if (part.trim() === '') continue;
    const [key, value = ''] = part.split('=').map((word) => word.trim());
    if (!Object.hasOwn(minimum, key!)) {
      throw new UsageError(
        `data set "${text}": unknown key "${key}" (known: ${Object.keys(minimum).join(', ')})`,
      );
    }
    if (!/^\d+$/.test(value))
      throw new UsageError(
        `data set "${text}": ${key} must be a whole number of at least ${minimum[key as keyof GeneratedSpec]}, got "${value}"`,
      );
    spec[key!] = Number(value);
  }
  return spec as unknown as GeneratedSpec;
}

/** Data set of generated faces, images `person_0001/person_0001_0001` and so on. @throws UsageError */
export function generatedDataset(partial: Partial<GeneratedSpec>): Dataset {
  const spec = { ...defaults, ...partial };
  for (const key of Object.keys(minimum) as (keyof GeneratedSpec)[]) {
    const value = spec[key];
    if (value === undefined) continue;
    if (!Number.isInteger(value) || value < minimum[key] || value > 0xffffffff) {
      throw new UsageError(
        `generated faces: ${key} must be a whole number of at least ${minimum[key]}, got ${value}`,
      );
    }
  }
  const { identities, samples, seed, first, blur, detail } = spec;
  if (blur !== undefined && blur > mostBlur)
    throw new UsageError(
      `generated faces: blur must be at most ${mostBlur} thousandths of the width, got ${blur}`,
    );
  const quality = {
    ...(blur === undefined ? {} : { blur }),
    ...(detail === undefined ? {} : { detail }),
  };
  const ofAll = Object.keys(quality).length > 0 ? { quality } : {};
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
      entries.push({ identity: name, key, source: { kind: 'generated', seed, identity, sample, ...ofAll } });
    }
  }
  return createDataset(`generated faces of seed ${seed}`, entries);
}
