/** `normface import`: another program's net in the folder of a run. */

import path from 'node:path';
import { UserError } from '../common/errors.ts';
import { countText } from '../common/format.ts';
import { readJson } from '../common/json-file.node.ts';
import { oneLine } from '../common/printable.ts';
import { pixelText } from '../normface/evaluation/provenance.ts';
import { openModel } from '../normface/models/formats/open.node.ts';
import { importModel } from '../normface/models/import-model.ts';
import type { TensorMap } from '../normface/models/match-tensors.ts';
import { netFile, refuseUsed, saveImport } from '../normface/models/save-import.node.ts';
import type { Net } from '../normface/nets/net.ts';
import { openNet } from '../normface/nets/net-file.node.ts';
import { pixelRangeOf } from '../normface/nets/pixel-range.ts';
import type { Context } from './context.node.ts';
import { imageList } from './embed.node.ts';
import { embedImages } from './embed-images.node.ts';
import { imageSizes } from './suitability.node.ts';

interface ImportCommandOptions {
  readonly to: string;
  readonly net?: string;
  readonly map?: string;
  readonly feature?: string;
  readonly imageSize?: [height: number, width: number];
  readonly pixels?: Net['pixels'];
  readonly blueFirst?: boolean;
  readonly check?: string;
}

/** Names that are printed; `--json` has them all. */
const listed = 20;

export async function importNet(context: Context, model: string, options: ImportCommandOptions) {
  const { to, map, net, check, ...settings } = options;
  refuseUsed(to);
  // What is wrong with the words is said before a file is read.
  const named = net === undefined ? undefined : openNet(net);
  const tensorMap = map === undefined ? undefined : readMap(map);
  if (check !== undefined) await imageSizes(await imageList([check]), [0]);
  const file = await openModel(model);
  const imported = importModel(file, {
    ...settings,
    source: model,
    name: nameOf(model),
    ...(named && { net: named }),
    ...(tensorMap && { map: tensorMap }),
  });
  const { net: made, values, unused, remarks } = imported;
  const folder = saveImport(to, imported, {
    importedFrom: path.basename(model),
    importedFormat: file.format,
  });
  const parameters = [...values.values()].reduce((sum, { length }) => sum + length, 0);
  const { channels, ...pixels } = pixelRangeOf(made);
  context.say(`${folder}: ${made.name} from a file of ${file.format}, ${countText(parameters, 'number')}`);
  context.say(`images  ${made.input.join('×')}, ${pixelText({ ...pixels, channels })}`);
  context.say(`train   goes on from it with --from ${to} --net ${path.join(to, netFile)}`);
  if (unused.length > 0) context.say(`unused  ${countText(unused.length, 'tensor')}: ${list(unused)}`);
  for (const remark of remarks) context.say(`note    ${oneLine(remark)}`);
  const feature = check === undefined ? undefined : await featureOf(context, folder, check);
  return {
    folder,
    format: file.format,
    net: made.name,
    input: made.input,
    pixels,
    parameters,
    unused,
    remarks,
    ...(feature && { feature }),
  };
}

/** The raw feature of an image, which is printed. */
async function featureOf(context: Context, folder: string, image: string): Promise<number[]> {
  const device = await context.openDevice();
  const dataset = await imageList([image]);
  const { values } = await embedImages(
    context,
    device,
    path.join(folder, 'weights.safetensors'),
    dataset,
    Uint32Array.of(0),
    { merge: 'front', batch: 1 },
  );
  const length = Math.hypot(...values);
  const shown = Array.from(values.subarray(0, 8), (value) => value.toFixed(5)).join(', ');
  context.say(
    `feature ${image}: ${countText(values.length, 'number')}, length ${length.toFixed(4)}: ${shown}${values.length > 8 ? ', …' : ''}`,
  );
  return [...values];
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, listed).map(oneLine).join(', ');
  return names.length > listed ? `${shown} and ${names.length - listed} more` : shown;
}

/** @throws UserError when the file is no object of names */
function readMap(file: string): TensorMap {
  const json = readJson(file);
  const isMap =
    typeof json === 'object' &&
    json !== null &&
    !Array.isArray(json) &&
    Object.values(json).every((value) => typeof value === 'string');
  if (!isMap) throw new UserError(`${file}: a map is an object of names, such as {"conv1": "features.0"}`);
  return json as TensorMap;
}

/** The name of a file without its ending, as a net may be called. */
function nameOf(model: string): string {
  const base = path.basename(path.resolve(model)).replace(/(-weights_manifest)?\.[A-Za-z0-9]+$/, '');
  const clean = base
    .replaceAll(/[^A-Za-z0-9_.-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 100);
  return clean === '' ? 'imported' : clean;
}
