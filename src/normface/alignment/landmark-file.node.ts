/**
 * What was done to which photograph: `landmarks.json` in the folder of the crops. While work goes on, finished photographs are lines of a
 * journal beside it, so that an end at any moment loses none of them, and the file need not be written again for each.
 */

import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../../common/errors.ts';
import { makeFolders, reasonOf, replaceFile } from '../../common/files.node.ts';
import { parseJson } from '../../common/json.ts';
import { readRegularFileSync } from '../../common/regular-file.node.ts';
import { decodeText } from '../../common/text.node.ts';
import { parseLandmarks } from './landmark-list.ts';
import type { Fit, Template, TemplateName } from './template.ts';

/** What decides how crops look: those of other settings do not belong into one folder. */
export interface AlignSettings {
  readonly size: TemplateName;
  readonly fit: Fit;
  readonly format: 'jpg' | 'png';
  /** Of JPEG files, 1 to 100. */
  readonly quality: number | null;
  /** Which faces of a photograph: all, largest or centre. */
  readonly choice: string;
  /** Least side of a face's box in pixels; null where points were given. */
  readonly minFace: number | null;
  readonly detector: string | null;
  /** The list of points: its name, checksum, and what it counts pixels from. */
  readonly landmarks: { readonly file: string; readonly sha256: string; readonly countFrom: number } | null;
}

export interface FaceRecord {
  /** Path of the crop below the folder. */
  readonly crop: string;
  /** [x, y] of left eye, right eye, nose, left and right corner of the mouth as the viewer sees them, in pixels of the upright photograph. */
  readonly points: readonly (readonly [number, number])[];
  /** x, y, width, height. */
  readonly box: readonly [number, number, number, number] | null;
  readonly score: number | null;
  /** Root mean square distance of the points from the template in pixels of the crop. */
  readonly error: number;
}

export interface PhotographRecord {
  readonly photograph: string;
  /** Of the file, and when it or its archive was changed: milliseconds since 1970. */
  readonly bytes: number;
  readonly modified: number;
  /** Upright; null when it could not be read. */
  readonly width: number | null;
  readonly height: number | null;
  readonly faces: readonly FaceRecord[];
  /** Faces that were left out because they lie outside of the photograph, where there are any. */
  readonly outside?: number;
  /** Why others were left out, as their points are such as no face has. */
  readonly refused?: readonly string[];
  /** What of it could not be read and was passed over, where that is so. */
  readonly damage?: string;
  /** Why there are no faces, where there are none. */
  readonly reason?: string;
}

export const landmarksName = 'landmarks.json';
const journalName = '.landmarks.partial';

/** Larger than the list of some million photographs. */
const mostBytes = 2 ** 31 - 1;

interface Stored {
  readonly settings: AlignSettings;
  /** Contact sheets that were made of the crops: their paths from the folder. */
  readonly sheets: readonly string[];
  readonly records: Map<string, PhotographRecord>;
}

/** The records of a folder of crops, kept as work goes on. */
export class LandmarkFile {
  readonly folder: string;
  readonly settings: AlignSettings;
  /** By path of the photograph. */
  readonly records: Map<string, PhotographRecord>;
  /** As they are stored. */
  private readonly sheets: Set<string>;
  private hasJournal: boolean;

  private constructor(folder: string, { settings, sheets, records }: Stored, hasJournal: boolean) {
    this.folder = folder;
    this.settings = settings;
    this.sheets = new Set(sheets);
    this.records = records;
    this.hasJournal = hasJournal;
  }

  /**
   * Goes on in a folder, or begins in one that is new or empty.
   * @param force remove the crops that its file lists, and begin again
   * @throws UserError when the folder holds something else, or crops of other settings, and there is no `force`
   */
  static open(folder: string, settings: AlignSettings, force: boolean): LandmarkFile {
    const stored = readStored(folder);
    if (!stored && !force && holdsFiles(folder))
      throw new UserError(
        `${folder} holds other files and no ${landmarksName}: give a new folder, or --force to write into this one`,
      );
    if (stored && !force) {
      const other = differingSetting(stored.settings, settings);
      if (other)
        throw new UserError(
          `the crops in ${folder} were made with ${other}; give another folder, or --force to make them again`,
        );
      return new LandmarkFile(folder, { ...stored, settings }, stored.hasJournal);
    }
    for (const record of stored?.records.values() ?? []) removeCrops(folder, record.faces);
    for (const name of [landmarksName, journalName]) fs.rmSync(path.join(folder, name), { force: true });
    return new LandmarkFile(folder, { settings, sheets: stored?.sheets ?? [], records: new Map() }, false);
  }

  /** Notes a contact sheet, so that a later call may replace it. */
  addSheet(sheet: string): void {
    this.sheets.add(pathFrom(this.folder, sheet));
  }

  /** Notes a photograph whose crops are on the disk; crops that it had before and has no more are removed. */
  add(record: PhotographRecord): void {
    const before = this.records.get(record.photograph);
    const crops = new Set(record.faces.map(({ crop }) => crop));
    if (before)
      removeCrops(
        this.folder,
        before.faces.filter(({ crop }) => !crops.has(crop)),
      );
    this.records.set(record.photograph, record);
    const journal = path.join(this.folder, journalName);
    // The line break comes first: a line that an earlier end cut off stays by itself.
    const line = `\n${JSON.stringify(record)}`;
    try {
      if (!this.hasJournal) makeFolders(this.folder);
      fs.appendFileSync(
        journal,
        this.hasJournal ? line : JSON.stringify({ ...this.settings, sheets: [...this.sheets] }) + line,
      );
    } catch (error) {
      throw new UserError(`cannot write ${journal}: ${reasonOf(error)}`);
    }
    this.hasJournal = true;
  }

  /** Writes `landmarks.json` as a whole; the journal is no longer needed then. */
  save(template: Template): void {
    const { size: _, ...settings } = this.settings;
    const about = {
      kind: 'normface landmarks',
      template: {
        size: template.name,
        width: template.width,
        height: template.height,
        points: template.points.map(({ x, y }) => [x, y].map(rounded)),
      },
      coordinates:
        'pixels of the upright photograph; the centre of its top left pixel is (0, 0); left eye, right eye, nose, left and right corner of the mouth as the viewer sees them',
      ...settings,
      sheets: [...this.sheets].sort(),
    };
    const records = [...this.records.values()].sort((a, b) => (a.photograph < b.photograph ? -1 : 1));
    const lines = records.map((record) => `    ${JSON.stringify(record)}`);
    const head = JSON.stringify(about, null, 2).slice(0, -2);
    replaceFile(
      path.join(this.folder, landmarksName),
      `${head},\n  "photographs": [\n${lines.join(',\n')}\n  ]\n}\n`,
    );
    fs.rmSync(path.join(this.folder, journalName), { force: true });
    this.hasJournal = false;
  }
}

/** A thousandth of a pixel is enough. */
export const rounded = (value: number): number => Math.round(value * 1000) / 1000;

function removeCrops(folder: string, faces: readonly FaceRecord[]): void {
  for (const { crop } of faces) {
    const file = path.resolve(folder, crop);
    // The file may have been edited: nothing outside of the folder is touched.
    if (file.startsWith(path.resolve(folder) + path.sep)) fs.rmSync(file, { force: true });
  }
}

/** Whether a contact sheet is one that was made of the crops in a folder. @throws UserError when its file cannot be read */
export function madeSheet(folder: string, sheet: string): boolean {
  return readStored(folder)?.sheets.includes(pathFrom(folder, sheet)) ?? false;
}

/** The way from a folder to a file: it stays the same where both are moved. */
const pathFrom = (folder: string, file: string): string =>
  path.relative(path.resolve(folder), path.resolve(file)).replaceAll(path.sep, '/');

/** Contact sheets that a file of a folder names. Earlier versions noted none, and made that beside the folder. */
const sheetsOf = (stored: unknown, file: string): string[] => {
  if (Array.isArray(stored)) return stored.filter((sheet) => typeof sheet === 'string');
  return [`../${path.basename(path.resolve(path.dirname(file)))}.png`];
};

function holdsFiles(folder: string): boolean {
  if (!fs.existsSync(folder)) return false;
  if (!fs.statSync(folder).isDirectory()) throw new UserError(`${folder} is a file, not a folder`);
  return fs.readdirSync(folder).length > 0;
}

/** What the folder's file and journal hold, of which the journal is newer; undefined where there is neither. */
function readStored(folder: string): (Stored & { readonly hasJournal: boolean }) | undefined {
  const [file, journal] = [landmarksName, journalName].map((name) => path.join(folder, name));
  const whole = fs.existsSync(file!) ? readLandmarkFile(file!) : undefined;
  const lines = fs.existsSync(journal!) ? readJournal(journal!) : undefined;
  if (!whole && !lines) return undefined;
  if (whole && lines && !differingSetting(whole.settings, lines.settings))
    return {
      ...whole,
      sheets: [...whole.sheets, ...lines.sheets],
      records: new Map([...whole.records, ...lines.records]),
      hasJournal: true,
    };
  return { ...(lines ?? whole!), hasJournal: lines !== undefined };
}

/** Records of a `landmarks.json`. @throws UserError when it is none */
export function readLandmarkFile(file: string): Stored {
  const text = decodeText(readOr(file), file);
  // Its points, or the sentence about them.
  parseLandmarks(text, file);
  const { template, ...rest } = parseJson(text) as {
    readonly template?: { readonly size?: TemplateName };
    readonly sheets?: unknown;
    readonly photographs: readonly PhotographRecord[];
  } & Omit<AlignSettings, 'size'>;
  const { fit, format, quality, choice, minFace, detector, landmarks, sheets, photographs } = rest;
  if (!photographs.every(isRecord) || template?.size === undefined)
    throw new UserError(`${file} is not as \`normface align\` writes it; --force begins again`);
  return {
    settings: { size: template.size, fit, format, quality, choice, minFace, detector, landmarks },
    sheets: sheetsOf(sheets, file),
    records: new Map(photographs.map((record) => [record.photograph, record])),
  };
}

function readJournal(file: string): Stored | undefined {
  const [first, ...lines] = new TextDecoder().decode(readOr(file)).split('\n');
  const begun = parsedLine(first!) as (AlignSettings & { readonly sheets?: unknown }) | undefined;
  if (!begun) return undefined;
  const { sheets, ...settings } = begun;
  const records = lines
    .map(parsedLine)
    .filter((line) => isRecord(line as PhotographRecord)) as PhotographRecord[];
  return {
    settings,
    sheets: sheetsOf(sheets, file),
    records: new Map(records.map((record) => [record.photograph, record])),
  };
}

/** undefined of a line that was cut off. */
function parsedLine(line: string): unknown {
  try {
    return parseJson(line);
  } catch {
    return undefined;
  }
}

function isRecord(record: PhotographRecord | undefined): boolean {
  return (
    typeof record?.photograph === 'string' &&
    typeof record.bytes === 'number' &&
    typeof record.modified === 'number' &&
    Array.isArray(record.faces) &&
    record.faces.every((face) => typeof face?.crop === 'string' && typeof face.error === 'number')
  );
}

function readOr(file: string): Uint8Array {
  try {
    return readRegularFileSync(file, mostBytes);
  } catch (error) {
    throw new UserError(`cannot read ${file}: ${reasonOf(error)}`);
  }
}

/** The first setting that differs, as it was: `fit "crop"`. */
function differingSetting(before: AlignSettings, now: AlignSettings): string | undefined {
  const names = Object.keys(now) as (keyof AlignSettings)[];
  const name = names.find((key) => JSON.stringify(before[key]) !== JSON.stringify(now[key]));
  return name === undefined ? undefined : `${name} ${JSON.stringify(before[name] ?? null)}`;
}
