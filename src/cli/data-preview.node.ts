/** `normface data preview`: a contact sheet of a data set, or of what a training makes of its images at random. */

import { extname } from 'node:path';
import { UsageError } from '../common/errors.ts';
import { countText } from '../common/format.ts';
import type { JsonObject } from '../common/json.ts';
import { warningsOf } from '../normface/data/dataset.ts';
import { writePreview } from '../normface/data/preview.node.ts';
import type { Context } from './context.node.ts';
import { openWithStage } from './open-data.node.ts';
import { checkNewFile, filesOf } from './output-file.node.ts';

interface PreviewCommandOptions {
  readonly out: string;
  readonly rows: number;
  readonly columns: number;
  readonly seed: number;
  readonly force?: boolean;
  readonly augment?: boolean;
  readonly config?: string;
  readonly set: readonly string[];
}

export async function preview(context: Context, path: string | undefined, options: PreviewCommandOptions) {
  if (extname(options.out).toLowerCase() !== '.png')
    throw new UsageError(`--out ${options.out}: the name must end in .png`);
  if (options.augment) return previewAugmented(context, path, options);
  if (options.config !== undefined || options.set.length > 0)
    throw new UsageError('--config and --set say how images are changed: they belong to --augment');
  const dataset = await openWithStage(context, path ?? 'generated');
  checkNewFile(options.out, options.force, filesOf(dataset));
  for (const warning of warningsOf(dataset)) context.warn(warning);
  const shown = await writePreview(dataset, options.out, {
    ...options,
    onCorrupt: (name, reason) => context.warn(`cannot read the image ${name}: ${reason}`),
  });
  const { identities, width, height } = shown;
  context.say(
    `${options.out}: ${countText(identities.length, 'person', 'people')}, ${width} × ${height} pixels`,
  );
  return { file: options.out, ...shown };
}

const half = { probability: 0.5 };

/** Where no configuration says what may become of images: everything, often enough to be seen, at the size of aligned crops. */
const everything: JsonObject = {
  data: { imageSize: [112, 96] },
  augmentation: { crop: half, lowResolution: half, photometric: half, erase: half },
};

async function previewAugmented(
  context: Context,
  path: string | undefined,
  { out, rows, columns, seed, force, config: file, set }: PreviewCommandOptions,
) {
  if (columns < 2)
    throw new UsageError(
      `--columns ${columns}: with --augment there are two or more, of which the first shows the image`,
    );
  const [{ resolveConfig }, { writeAugmentSheet }] = await Promise.all([
    import('../normface/training/config/resolve-config.node.ts'),
    import('./augment-sheet.node.ts'),
  ]);
  const { config } = resolveConfig({ file, flags: file === undefined ? everything : {}, set });
  const dataset = await openWithStage(context, path ?? config.data.path);
  checkNewFile(out, force, filesOf(dataset));
  for (const warning of warningsOf(dataset)) context.warn(warning);
  const device = await context.openDevice();
  const shown = await writeAugmentSheet(device, dataset, out, config, {
    rows,
    columns,
    seed,
    imageHeight: 160,
    title: `${dataset.name}: changes in steps 0 to ${columns - 2} of seed ${config.seed}`,
    onCorrupt: (name, reason) => context.warn(`cannot read the image ${name}: ${reason}`),
  });
  const { images, width, height } = shown;
  context.say(`${out}: ${countText(images.length, 'image')}, ${width} × ${height} pixels`);
  return { file: out, ...shown };
}
