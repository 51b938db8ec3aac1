/** Photographs that are aligned before they are embedded: `--align` of `verify` and `embed`. */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { countText } from '../common/format.ts';
import type { Device } from '../engine/core/tensor.ts';
import { alignPhotographs } from '../normface/alignment/align-photographs.node.ts';
import { templateFor } from '../normface/alignment/template.ts';
import type { Dataset, Sample } from '../normface/data/dataset.ts';
import { damagedText } from '../normface/data/images/damaged-image.node.ts';
import type { ImageSize } from '../normface/data/images/image.ts';
import { type FoundDetector, findDetector } from '../normface/detection/find-detector.node.ts';
import type { Context } from './context.node.ts';
import { encoded } from './crop-files.node.ts';
import { detectorFinder } from './find-faces.node.ts';

/** The largest face of each image, aligned. */
export interface AlignedImages {
  readonly dataset: Dataset;
  /** Images without a face, which the data set lacks, and why. */
  readonly noFace: readonly { readonly file: string; readonly reason: string }[];
  /** What was done, in words: `to 112x96 by mtcnn`. */
  readonly alignment: string;
  /** Removes the crops, which are files that nobody needs any more. */
  remove(): void;
}

/** Finds and aligns the largest face of every image, for a net with an input of this size. The crops are kept in a temporary folder. */
export async function alignImages(
  context: Context,
  device: Device,
  { samples, ...about }: Dataset,
  input: ImageSize,
  detector: FoundDetector,
): Promise<AlignedImages> {
  const template = templateFor(input);
  const finder = await detectorFinder(device, null, detector);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-align-'));
  const remove = () => fs.rmSync(folder, { recursive: true, force: true });
  const stage = context.stage('aligning');
  try {
    const photographs = samples.map(({ key, source }) => ({ path: key, source, bytes: 0, modified: 0 }));
    const options = { template, fit: template.fit, choice: 'largest', find: finder.find } as const;
    const kept: Sample[] = [];
    const noFace: { file: string; reason: string }[] = [];
    let index = 0;
    for await (const { faces, reason, damage } of alignPhotographs(device, photographs, options)) {
      const sample = samples[index]!;
      const [face] = faces;
      if (damage !== undefined) context.warn(damagedText(sample.key, damage));
      if (face) {
        const file = path.join(folder, `${index}.png`);
        fs.writeFileSync(file, await encoded(face.crop, null));
        kept.push({ ...sample, source: { kind: 'file', path: file } });
      } else noFace.push({ file: sample.key, reason: reason ?? '' });
      stage.update(++index, samples.length);
    }
    return {
      dataset: { ...about, samples: kept },
      noFace,
      alignment: `to ${template.name} by ${finder.name}`,
      remove,
    };
  } catch (error) {
    remove();
    throw error;
  } finally {
    stage.end();
    finder.dispose();
  }
}

/**
 * The detector that `--align` and `--detector` ask for, which includes the other; undefined where no faces are looked for.
 * @throws UsageError for a name that there is not; UserError when its files are not found
 */
export const wantedDetector = ({
  align,
  detector,
}: {
  align?: boolean;
  detector?: string;
}): FoundDetector | undefined =>
  align === true || detector !== undefined ? findDetector(detector) : undefined;

/** The sentence about images that have no face. */
export function noFaceText(noFace: AlignedImages['noFace']): string {
  const some = noFace.slice(0, 5).map(({ file, reason }) => `${file} (${reason})`);
  return `no face in ${countText(noFace.length, 'image')}: ${some.join(', ')}${noFace.length > 5 ? ' …' : ''}`;
}
