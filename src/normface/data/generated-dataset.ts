import { UsageError } from '../../common/errors.ts';
import { createDataset, type Dataset, type LabelledSource } from './dataset.ts';

/** A data set of generated faces: identities `first` … `first + identities − 1` of the world `seed`, `samples` images each. */
export interface GeneratedSpec {
  readonly identities: number;
  readonly samples: number;
  readonly seed: number;
  /** Number of the first identity (from 0), to make sets of different people of the same world. */
  readonly first: number;
}

const defaults: GeneratedSpec = { identities: 200, samples: 20, seed: 1, first: 0 };
const minimum: GeneratedSpec = { identities: 1, samples: 1, seed: 0, first: 0 };
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
    if (!Object.hasOwn(defaults, key!)) {
      throw new UsageError(
        `data set "${text}": unknown key "${key}" (known: ${Object.keys(defaults).join(', ')})`,
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
  const entries: LabelledSource[] = [];
  for (let identity = first; identity < first + identities; identity++) {
    // Names count from 1, like those of LFW, so that pair lists can name them.
    const name = `person_${String(identity + 1).padStart(4, '0')}`;
    for (let sample = 0; sample < samples; sample++) {
      const key = `${name}/${name}_${String(sample + 1).padStart(4, '0')}`;
      entries.push({ identity: name, key, source: { kind: 'generated', seed, identity, sample } });
    }
  }
  return createDataset(`generated faces of seed ${seed}`, entries);
}
