/** `normface align`: from photographs to crops for nets. */

import fs from 'node:fs';
import path from 'node:path';
import { UsageError } from '../common/errors.ts';
import { replaceFile } from '../common/files.node.ts';
import { countText } from '../common/format.ts';
import { oneLine } from '../common/printable.ts';
import { alignPhotographs } from '../normface/alignment/align-photographs.node.ts';
import { type FaceChoice, isOutside, outsideReason } from '../normface/alignment/choose-faces.ts';
import { farError, judgeErrors } from '../normface/alignment/judge-crops.ts';
import {
  type AlignSettings,
  LandmarkFile,
  landmarksName,
  madeSheet,
  type PhotographRecord,
} from '../normface/alignment/landmark-file.node.ts';
import { cropNames, openPhotographs, type Photograph } from '../normface/alignment/photographs.node.ts';
import { type Fit, type TemplateName, templates } from '../normface/alignment/template.ts';
import { remarkText } from '../normface/data/dataset.ts';
import { damagedText } from '../normface/data/images/damaged-image.node.ts';
import type { ImageSize } from '../normface/data/images/image.ts';
import { parseDetectorName } from '../normface/detection/detector-name.ts';
import { findDetector } from '../normface/detection/find-detector.node.ts';
import { writePointSheet } from './align-sheet.node.ts';
import type { Context } from './context.node.ts';
import { writeCrops } from './crop-files.node.ts';
import { detectorFinder, type FaceFinder, listFinder } from './find-faces.node.ts';
import { checkOutput } from './output-file.node.ts';

interface AlignCommandOptions {
  readonly out: string;
  readonly size: TemplateName;
  readonly fit?: Fit;
  readonly detector?: string;
  readonly landmarks?: string;
  readonly countFrom: '0' | '1';
  readonly minFace: number;
  readonly all?: boolean;
  readonly centre?: boolean;
  readonly format: 'jpg' | 'png';
  readonly quality: number;
  readonly sheet?: string;
  readonly force?: boolean;
}

const noFaceName = 'no-face.txt';

/** Photographs that the last lines name. */
const shown = 5;

export async function align(context: Context, named: readonly string[], options: AlignCommandOptions) {
  const { out, format, quality } = options;
  if (options.detector !== undefined) parseDetectorName(options.detector);
  if (quality > 100) throw new UsageError(`--quality ${quality}: JPEG's quality is 1 to 100`);
  const sheet = options.sheet ?? `${path.resolve(out)}.png`;
  if (path.extname(sheet).toLowerCase() !== '.png')
    throw new UsageError(`--sheet ${sheet}: the name must end in .png`);
  const template = templates[options.size];
  const fit = options.fit ?? template.fit;
  const choice: FaceChoice = options.all ? 'all' : options.centre ? 'centre' : 'largest';
  const looking = context.stage('looking for photographs');
  const { photographs, remarks, inputs } = await openPhotographs(named, (files) =>
    looking.rename(`looking for photographs: ${countText(files, 'file')}`),
  ).finally(() => looking.end());
  const names = cropNames(photographs);
  checkPlaces(out, sheet, inputs, photographs);
  if (!options.force && fs.existsSync(sheet) && !madeSheet(out, sheet))
    throw new UsageError(
      `the contact sheet ${sheet} would replace a file that was not made with the crops in ${out}; give --sheet another name, or --force to replace it`,
    );
  const list =
    options.landmarks === undefined
      ? null
      : listFinder(options.landmarks, Number(options.countFrom) as 0 | 1);
  // Of all photographs, also those that were aligned before.
  const unused = list?.unused(photographs) ?? 0;
  const detector = list ? null : findDetector(options.detector);
  const device = await context.openDevice();
  const finder = detector ? await detectorFinder(device, options.minFace, detector) : list!;
  try {
    const settings: AlignSettings = {
      size: options.size,
      fit,
      format,
      quality: format === 'jpg' ? quality : null,
      choice,
      ...finder.settings,
    };
    const file = LandmarkFile.open(out, settings, options.force === true);
    for (const remark of remarks)
      if (remark.important) context.warn(remarkText(remark));
      else context.say(remarkText(remark));
    const todo = photographs.filter((photograph) => !isDone(file, photograph));
    const before = photographs.length - todo.length;
    if (before > 0) context.say(`${countText(before, 'photograph')} aligned before`);
    const stage = context.stage('aligning');
    try {
      let done = 0;
      const aligned = alignPhotographs(device, todo, { template, fit, choice, find: finder.find });
      for await (const photograph of aligned) {
        file.add(await writeCrops(photograph, out, names.get(photograph.photograph.path)!, settings));
        stage.update(++done, todo.length);
      }
    } finally {
      stage.end();
    }
    const records = photographs.map(({ path: key }) => file.records.get(key)!);
    const sheetFile = records.some(({ faces }) => faces.length > 0) ? sheet : null;
    if (sheetFile) file.addSheet(sheetFile);
    file.save(template);
    writeNoFaceList(out, [...file.records.values()]);
    if (sheetFile) await writePointSheet(sheetFile, out, photographs, file.records);
    return report(context, { out, sheet: sheetFile, settings, finder, unused, records, before });
  } finally {
    finder.dispose();
  }
}

/** @throws UsageError when crops or the sheet would lie among the photographs, or replace one */
function checkPlaces(
  out: string,
  sheet: string,
  inputs: readonly string[],
  photographs: readonly Photograph[],
): void {
  const files = photographs.flatMap(({ source }) => ('path' in source ? [source.path] : []));
  checkOutput(out, files);
  checkOutput(sheet, files);
  const real = (name: string) => (fs.existsSync(name) ? fs.realpathSync(name) : path.resolve(name));
  const target = real(out) + path.sep;
  for (const input of inputs) {
    if (target.startsWith(real(input) + path.sep))
      throw new UsageError(`--out ${out}: the crops would lie among the photographs of ${input}`);
  }
  const inside = files.find((file) => real(file).startsWith(target));
  if (inside !== undefined)
    throw new UsageError(`--out ${out}: the photograph ${inside} lies in this folder; give another one`);
}

/** Whether nothing has to be done: the file is the one that was looked at, and its crops are there. What could not be read is tried again. */
function isDone({ records, folder }: LandmarkFile, { path: key, bytes, modified }: Photograph): boolean {
  const record = records.get(key);
  return (
    record !== undefined &&
    record.width !== null &&
    record.height !== null &&
    record.bytes === bytes &&
    record.modified === modified &&
    record.faces.every(({ crop }) => fs.existsSync(path.join(folder, crop))) &&
    !hasOutside(record, { width: record.width, height: record.height })
  );
}

/** Whether a face that an earlier version cut out lies outside of the photograph. */
function hasOutside({ faces }: PhotographRecord, size: ImageSize): boolean {
  return faces.some(({ points }) =>
    isOutside(
      points.map(([x, y]) => ({ x, y })),
      size,
    ),
  );
}

/** A name or a sentence as a field of a line: a tab or the end of a line in it is written out. */
const field = (text: string): string => oneLine(text).replaceAll('\t', '\\t');

/** A line for each photograph of the folder without a face: its path, and why. No file where there are none. */
function writeNoFaceList(out: string, records: readonly PhotographRecord[]): void {
  const file = path.join(out, noFaceName);
  const without = records.filter(({ faces }) => faces.length === 0);
  if (without.length === 0) fs.rmSync(file, { force: true });
  else
    replaceFile(
      file,
      without.map(({ photograph, reason }) => `${field(photograph)}\t${field(reason ?? '')}\n`).join(''),
    );
}

function report(
  context: Context,
  {
    out,
    sheet,
    settings,
    finder,
    unused,
    records,
    before,
  }: {
    readonly out: string;
    readonly sheet: string | null;
    readonly settings: AlignSettings;
    readonly finder: FaceFinder;
    /** Photographs of the list that are not among these. */
    readonly unused: number;
    readonly records: readonly PhotographRecord[];
    readonly before: number;
  },
) {
  const { width, height } = templates[settings.size];
  const without = records.filter(({ faces }) => faces.length === 0);
  const faces = records.flatMap((record) => record.faces);
  const judged = judgeErrors(faces.map(({ crop, error }) => ({ name: crop, error })));
  context.say(
    `${out}: ${countText(faces.length, 'face')} of ${countText(records.length, 'photograph')}, ${width} pixels wide and ${height} high, by ${finder.name}`,
  );
  if (judged) {
    context.say(`points lie ${judged.median.toFixed(1)} pixels from the template, in the median`);
    if (judged.far.length > 0)
      context.say(
        `more than ${farError}, as in faces seen from the side or points on something else: ${judged.far.length} (${someOf(judged.far)})`,
      );
  }
  if (sheet) context.say(`${sheet}: photographs with their points, and crops`);
  if (unused > 0)
    context.say(
      `${finder.name} names ${countText(unused, 'photograph')} that ${unused === 1 ? 'is' : 'are'} not among these`,
    );
  for (const { photograph, damage } of records)
    if (damage !== undefined) context.warn(damagedText(photograph, damage));
  const outside = records.filter(({ outside }) => outside);
  const facesOutside = outside.reduce((sum, record) => sum + (record.outside ?? 0), 0);
  if (facesOutside > 0)
    context.warn(
      `${countText(facesOutside, 'face')} left out, as ${outsideReason} (${someOf(outside.map(({ photograph }) => photograph))})`,
    );
  // Where no face is left, the list of those photographs says why.
  const refused = records.flatMap((record) => (record.faces.length > 0 ? (record.refused ?? []) : []));
  if (refused.length > 0) context.warn(`${countText(refused.length, 'face')} left out (${someOf(refused)})`);
  if (without.length > 0)
    context.warn(
      `no face in ${without.length} of ${countText(records.length, 'photograph')}: ${path.join(out, noFaceName)} lists them and says why (${someOf(without.map(({ photograph }) => photograph))})`,
    );
  if (faces.length === 0) context.exitCode = 1;
  return {
    folder: out,
    ...settings,
    photographs: records.length,
    alignedBefore: before,
    faces: faces.length,
    facesOutside,
    facesRefused: records.flatMap((record) => record.refused ?? []),
    noFace: without.map(({ photograph, reason }) => ({ photograph, reason: reason ?? null })),
    medianError: judged?.median ?? null,
    damaged: records.flatMap(({ photograph, damage }) =>
      damage === undefined ? [] : [{ photograph, reason: damage }],
    ),
    farFromTemplate: judged?.far ?? [],
    landmarksFile: path.join(out, landmarksName),
    sheet,
  };
}

/** The first few names. */
function someOf(names: readonly string[]): string {
  return names.slice(0, shown).map(field).join(', ') + (names.length > shown ? ' …' : '');
}
