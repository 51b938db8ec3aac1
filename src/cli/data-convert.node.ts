/** `normface data convert`: the same images in another form. */

import fs from 'node:fs';
import path from 'node:path';
import { UsageError } from '../common/errors.ts';
import { countText } from '../common/format.ts';
import {
  checkTarget,
  convertDataset,
  targetFiles,
  targetKind,
} from '../normface/data/convert/convert.node.ts';
import { type Dataset, peopleOf, type ResolvedPair, warningsOf } from '../normface/data/dataset.ts';
import { readPairs } from '../normface/data/protocols/pairs.node.ts';
import { countedRemark, resolvePairs } from '../normface/data/protocols/pairs.ts';
import { otherRecords } from '../normface/data/recordio/beside.node.ts';
import type { Context } from './context.node.ts';
import { openWithStage } from './open-data.node.ts';
import { checkOutput, filesOf, realPath } from './output-file.node.ts';

interface ConvertCommandOptions {
  readonly pairs?: string;
  readonly force?: boolean;
}

export async function convert(context: Context, from: string, out: string, options: ConvertCommandOptions) {
  const { force = false } = options;
  const kind = targetKind(out);
  checkPlace(from, out);
  checkTarget(out, force);
  const dataset = await openWithStage(context, from);
  for (const warning of warningsOf(dataset)) context.warn(warning);
  const inputs = filesOf(dataset);
  for (const file of targetFiles(out)) checkOutput(file, inputs, '');
  const pairs = kind === 'bin' ? await pairsOf(context, dataset, options.pairs) : undefined;
  const stage = context.stage('writing');
  try {
    const { files, images } = await convertDataset(dataset, out, {
      pairs,
      force,
      onProgress: (done, total) => stage.update(done, total),
    });
    stage.end();
    const people = peopleOf(dataset);
    const of = pairs
      ? ` in ${countText(pairs.length, 'pair')}`
      : people
        ? ` of ${countText(people.length, 'person', 'people')}`
        : '';
    context.say(`${files[files.length - 1]}: ${countText(images, 'image')}${of} of ${dataset.name}`);
    if (!people && !pairs)
      context.warn(
        `${dataset.name} does not tell who is on its images: of a pair of one person both have one name, such as ${dataset.identities[0]}, and nothing shows which pairs have a person in common`,
      );
    if (dataset.isNumbered && kind !== 'records' && kind !== 'bin')
      context.warn(
        'the images are called by the numbers of their records: a list of pairs that counts the images of a person means others',
      );
    if (files.length > 1) context.say(`beside it: ${files.slice(0, -1).join(', ')}`);
    const [other] = kind === 'records' ? otherRecords(out) : [];
    if (other !== undefined)
      context.warn(
        `no file property is written, since ${other} lies in the same folder and it would speak of both; insightface, which needs it, keeps each set in a folder of its own`,
      );
    return {
      data: dataset.name,
      files,
      images,
      identities: people?.length ?? null,
      pairs: pairs?.length ?? null,
    };
  } finally {
    stage.end();
  }
}

/** @throws UsageError when the target is what is read, or lies in its folder, which it would become a part of */
function checkPlace(from: string, out: string): void {
  if (!fs.existsSync(from)) return;
  const isFolder = fs.statSync(from).isDirectory();
  const source = realPath(from);
  for (const file of targetFiles(out)) {
    const target = realPath(file);
    if (target === source) throw new UsageError(`${file} is what is read; name another target`);
    if (isFolder && target.startsWith(source.endsWith(path.sep) ? source : source + path.sep))
      throw new UsageError(`${file} lies in ${from}, the folder that is read; name a target outside of it`);
  }
}

async function pairsOf(
  context: Context,
  dataset: Dataset,
  file: string | undefined,
): Promise<readonly ResolvedPair[] | undefined> {
  if (file === undefined) return dataset.pairs?.pairs;
  const { pairs, counted } = resolvePairs(await readPairs(file), dataset);
  const remark = countedRemark(dataset, counted);
  if (remark) context.say(remark);
  return pairs;
}
