/** `normface ijb`: verification and identification of templates, by the protocols of IJB-B and IJB-C. */

import path from 'node:path';
import { UsageError, UserError } from '../common/errors.ts';
import { countText } from '../common/format.ts';
import { readRegularFile } from '../common/regular-file.node.ts';
import { formatTable } from '../common/table.ts';
import { readText } from '../common/text.node.ts';
import type { Dataset } from '../normface/data/dataset.ts';
import { openImageFiles } from '../normface/data/open.node.ts';
import {
  parseTemplatePairs,
  parseTemplateSubjects,
  parseTemplates,
  type TemplateList,
  type TemplatePairs,
  type TemplateSubjects,
} from '../normface/data/protocols/templates.ts';
import type { MergeName } from '../normface/evaluation/merge.ts';
import { type Provenance, provenanceText } from '../normface/evaluation/provenance.ts';
import { identificationTable, identifyTemplates } from '../normface/evaluation/template-identification.ts';
import { poolTemplates, templateTable, verifyTemplates } from '../normface/evaluation/templates.ts';
import { findWeights } from '../normface/training/checkpoint/checkpoint.node.ts';
import { nameOf } from './checkpoint-run.node.ts';
import type { Context } from './context.node.ts';
import { embedImages } from './embed-images.node.ts';
import { linesSha256, provenanceOf } from './provenance.node.ts';
import { storeReport } from './results.node.ts';

interface IjbOptions {
  readonly data: string;
  readonly templates: string;
  readonly pairs?: string;
  readonly gallery?: string[];
  readonly probes?: string;
  readonly normWeighting: boolean;
  readonly merge: MergeName;
  readonly batch: number;
  readonly out?: string;
}

/** Pairs of IJB-C take 220 MB as text. */
const mostPairBytes = 2 ** 30;

export async function ijb(context: Context, named: string, options: IjbOptions) {
  const { data, normWeighting, merge, batch, out } = options;
  const weightsFile = findWeights(named);
  const name = nameOf(weightsFile);
  const list = parseTemplates(
    readText(options.templates, `the templates ${options.templates}`),
    path.basename(options.templates),
  );
  const { pairs, galleries, probes } = await tasksOf(options, list);
  const dataset = await openImageFiles(data);
  const indices = samplesOf(dataset, list);
  const device = await context.openDevice();
  const features = await embedImages(context, device, weightsFile, dataset, indices, { merge, batch });
  const stage = context.stage('comparing templates');
  const templates = poolTemplates(features, list, normWeighting);
  const verification = pairs && verifyTemplates(templates, pairs);
  const identification = galleries.map((gallery) => identifyTemplates(templates, gallery, probes!));
  stage.end();
  const provenance = await provenanceOf(weightsFile, {
    protocol: `IJB (${merge}, ${normWeighting ? 'features pooled as they are' : 'normalised features pooled'})`,
    pairs: comparedOf(list, { pairs, galleries, probes }),
    dataset,
    indices,
  });
  const result = {
    checkpoint: name,
    provenance,
    data: dataset.name,
    list: list.name,
    pairs: pairs?.name ?? null,
    images: indices.length,
    templates: list.templates.length,
    merge,
    normWeighting,
    verification: verification ?? null,
    identification,
  };
  const tables = [
    ...(verification ? [templateTable(verification)] : []),
    ...(galleries.length > 0 ? [identificationTable(identification)] : []),
  ];
  for (const table of tables) context.say(formatTable(table));
  context.say(provenanceText(provenance));
  const report = await storeReport(context, 'ijb', out, result, {
    title: `Templates by ${name}`,
    facts: [
      ['Images', `${countText(indices.length, 'image')} of ${dataset.name}`],
      ['Templates', `${result.templates} of ${list.name}`],
      ...(pairs ? [['Pairs', `${pairs.a.length} of ${pairs.name}`] as const] : []),
      ...(probes ? [['Probes', `${probes.templates.length} of ${probes.name}`] as const] : []),
      ['Checkpoint', weightsFile],
      ['Merge', merge],
      ['Pooling', normWeighting ? 'features as they are' : 'normalised features'],
      ['Adapter', device.report.description],
    ],
    sections: [{ title: 'Templates', text: [provenanceText(provenance)], tables }],
  });
  return { ...result, report };
}

/** What was to be judged. */
interface Tasks {
  readonly pairs?: TemplatePairs;
  readonly galleries: readonly TemplateSubjects[];
  readonly probes?: TemplateSubjects;
}

/**
 * The compared pairs of templates: those of the list, and every probe with every template of a gallery. Their checksum is that of the
 * lines `image, template, medium`, `template, template, 1 or 0`, and `template, person` of each gallery and of the probes.
 */
function comparedOf(
  { images, templates, template, media, name }: TemplateList,
  { pairs, galleries, probes }: Tasks,
): Provenance['pairs'] {
  function* lines(): Generator<string> {
    for (const [i, image] of images.entries()) yield `${image}\t${templates[template[i]!]}\t${media[i]}`;
    if (pairs)
      for (let i = 0; i < pairs.a.length; i++)
        yield `${templates[pairs.a[i]!]}\t${templates[pairs.b[i]!]}\t${pairs.same[i]}`;
    for (const some of probes ? [...galleries, probes] : galleries)
      for (const [i, place] of some.templates.entries()) yield `${templates[place]}\t${some.subjects[i]}`;
  }
  const searched = galleries.reduce((sum, gallery) => sum + gallery.templates.length, 0);
  return {
    name: [...(pairs ? [pairs.name] : []), ...galleries.map((gallery) => gallery.name), name].join(', '),
    count: (pairs?.a.length ?? 0) + searched * (probes?.templates.length ?? 0),
    sha256: linesSha256(lines()),
  };
}

/** What is to be judged. @throws UsageError when nothing is, or galleries and probes do not come together */
async function tasksOf({ pairs, gallery = [], probes }: IjbOptions, list: TemplateList) {
  if (gallery.length > 0 !== (probes !== undefined))
    throw new UsageError('--gallery and --probes belong together');
  if (pairs === undefined && probes === undefined)
    throw new UsageError('name what is to be judged: --pairs, or --gallery and --probes');
  const subjectsOf = (file: string) =>
    parseTemplateSubjects(readText(file, `the templates ${file}`), path.basename(file), list);
  return {
    pairs: pairs === undefined ? undefined : await pairsOf(pairs, list),
    galleries: gallery.map(subjectsOf),
    probes: probes === undefined ? undefined : subjectsOf(probes),
  };
}

async function pairsOf(file: string, list: TemplateList) {
  const bytes = await readRegularFile(file, mostPairBytes).catch((error: Error) => {
    throw new UserError(`cannot read the pairs of templates ${file}: ${error.message}`);
  });
  return parseTemplatePairs(bytes, path.basename(file), list);
}

/** The sample of each listed image, by its path or else by its file's name. @throws UserError when images are missing */
function samplesOf({ name, samples }: Dataset, list: TemplateList): Uint32Array {
  const byPath = new Map(samples.map(({ key }, index) => [key, index]));
  const byName = new Map<string, number | undefined>();
  samples.forEach(({ key }, index) => {
    const file = key.slice(key.lastIndexOf('/') + 1);
    byName.set(file, byName.has(file) ? undefined : index);
  });
  const missing: string[] = [];
  const indices = list.images.map((image) => {
    const index = byPath.get(image) ?? byName.get(image);
    if (index === undefined) missing.push(image);
    return index ?? 0;
  });
  if (missing.length > 0)
    throw new UserError(
      `${name} lacks ${missing.length} of the ${list.images.length} images that ${list.name} names, or has several of the name, such as ${missing[0]}`,
    );
  return Uint32Array.from(indices);
}
