/** Reads the divisions of BLUFR: its MATLAB file, or the same as lists of text in a folder or archive. */

import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { extract } from 'tar-stream';
import { UserError } from '../../../common/errors.ts';
import { reasonOf } from '../../../common/files.node.ts';
import { excerpt } from '../../../common/printable.ts';
import { readRegularFile } from '../../../common/regular-file.node.ts';
import { decodeText, readText } from '../../../common/text.node.ts';
import { archiveKind } from '../archives/archive.node.ts';
import { gunzip } from '../archives/gunzip.node.ts';
import { type BlufrSplits, type BlufrTrial, checkBlufrSplits } from './blufr.ts';
import { type MatlabArray, parseMatlab } from './matlab.node.ts';

/** What the divisions may be at most; BLUFR's own lists are 7 MB and the longest has 97,094 lines. */
const most = { bytes: 2 ** 26, lines: 2 ** 20 };

/**
 * Reads the trials of BLUFR.
 * @param path `blufr_lfw_config.mat`, or a folder, `.tar` or `.tar.gz` with `image_list.txt` and the lists of its sets
 * @throws UserError
 */
export async function readBlufrSplits(path: string): Promise<BlufrSplits> {
  const name = basename(path);
  try {
    if ((await stat(path)).isDirectory()) return splitsOfLists(name, await listsOfFolder(path));
    const bytes = await readRegularFile(path, most.bytes);
    const kind = archiveKind(bytes);
    if (kind === 'gzip' || kind === 'tar')
      return splitsOfLists(name, await listsOfTar(kind === 'gzip' ? gunzip(bytes, most.bytes) : bytes));
    return splitsOfMatlab(name, parseMatlab(bytes, name));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`cannot read the BLUFR divisions ${path}: ${reasonOf(error)}`);
  }
}

/** The sets of a trial, with their variable in the MATLAB file and their list of text. */
const sets = {
  train: { variable: 'trainIndex', list: 'train_set.txt' },
  test: { variable: 'testIndex', list: 'test_set.txt' },
  gallery: { variable: 'galIndex', list: 'gallery_set.txt' },
  probes: { variable: 'probIndex', list: 'probe_set.txt' },
} as const;
type SetName = keyof typeof sets;

function splitsOfMatlab(name: string, variables: ReadonlyMap<string, MatlabArray>): BlufrSplits {
  const cells = (variable: string) => {
    const array = variables.get(variable);
    if (array?.kind !== 'cell') throw new UserError(`${name} has no cell array "${variable}"`);
    return array.cells;
  };
  const numbers = (array: MatlabArray | undefined, variable: string) => {
    if (array?.kind !== 'numeric') throw new UserError(`${name}: "${variable}" does not hold numbers`);
    return array.values;
  };
  const images = cells('imageList').map((cell) => {
    if (cell.kind !== 'text') throw new UserError(`${name}: "imageList" holds something else than names`);
    return cell.text;
  });
  const members = (set: SetName) => {
    const { variable } = sets[set];
    return cells(variable).map((cell) => fromOne(numbers(cell, variable)));
  };
  return assemble(name, images, Uint32Array.from(numbers(variables.get('labels'), 'labels')), members);
}

function splitsOfLists(name: string, lists: ReadonlyMap<string, string>): BlufrSplits {
  const lines = (list: string) => {
    const text = lists.get(list);
    if (text === undefined) throw new UserError(`${name} has no ${list}`);
    if (hasMoreLines(text, most.lines))
      throw new UserError(`${name}: ${list} has more than ${most.lines} lines`);
    return text.split(/\r?\n/).filter((line) => line.trim() !== '');
  };
  const members = (set: SetName) => trialsOfList(lines(sets[set].list), `${name}: ${sets[set].list}`);
  return assemble(
    name,
    lines('image_list.txt'),
    labelsOf(lines('labels.txt'), `${name}: labels.txt`),
    members,
  );
}

/** Whether there are more line ends than `count`; found without a string for every line. */
function hasMoreLines(text: string, count: number): boolean {
  let left = count;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) if (--left < 0) return true;
  return false;
}

/** A whole number per line, the person of the image in that line of the list of images. */
function labelsOf(lines: readonly string[], where: string): Uint32Array {
  return Uint32Array.from(lines, (text, line) => {
    const label = Number(text);
    if (!Number.isInteger(label) || label < 0 || label > 0xffffffff)
      throw new UserError(
        `${where} line ${line + 1}: expected the number of a person, found "${excerpt(text)}"`,
      );
    return label;
  });
}

/** The number of trials, then of each trial its number of images and that many lines `number, name`. */
function trialsOfList(lines: readonly string[], where: string): Uint32Array[] {
  const count = (line: number) => {
    const value = Number(lines[line]);
    if (!Number.isInteger(value) || value < 0)
      throw new UserError(
        `${where} line ${line + 1}: expected a number, found "${excerpt(lines[line] ?? '')}"`,
      );
    return value;
  };
  const trials: Uint32Array[] = [];
  let line = 1;
  for (let trial = 0; trial < count(0); trial++) {
    const size = count(line);
    const members = lines
      .slice(line + 1, line + 1 + size)
      .map((text) => Number(/^(\d+)\s*,/.exec(text)?.[1]));
    if (members.length < size || members.includes(Number.NaN))
      throw new UserError(`${where}: trial ${trial + 1} is not ${size} lines "number, name"`);
    trials.push(fromOne(members));
    line += 1 + size;
  }
  return trials;
}

/** Numbers that count from 1 as places from 0; the place before the first wraps round to one past every last. */
function fromOne(numbers: ArrayLike<number>): Uint32Array {
  return Uint32Array.from(numbers, (number) => number - 1);
}

function assemble(
  name: string,
  images: readonly string[],
  labels: Uint32Array,
  membersOf: (set: SetName) => readonly Uint32Array[],
): BlufrSplits {
  const [train, test, gallery, probes] = (Object.keys(sets) as SetName[]).map(membersOf);
  const trials = train!.map((members, t): BlufrTrial => {
    if (!test![t] || !gallery![t] || !probes![t]) throw new UserError(`${name} has no whole trial ${t + 1}`);
    return { train: members, test: test![t], gallery: gallery![t], probes: probes![t] };
  });
  return checkBlufrSplits({ name, images, labels, trials });
}

/** The lists that are asked for, whatever lies beside them. */
const wanted: ReadonlySet<string> = new Set([
  'image_list.txt',
  'labels.txt',
  ...Object.values(sets).map(({ list }) => list),
]);

async function listsOfFolder(folder: string): Promise<Map<string, string>> {
  const names = (await readdir(folder)).filter((name) => wanted.has(name));
  return new Map(names.map((name) => [name, readText(join(folder, name))]));
}

async function listsOfTar(bytes: Uint8Array): Promise<Map<string, string>> {
  const archive = extract();
  archive.end(bytes);
  const lists = new Map<string, string>();
  for await (const entry of archive) {
    const list = basename(entry.header.name);
    const chunks: Buffer[] = [];
    for await (const chunk of entry) if (wanted.has(list)) chunks.push(chunk as Buffer);
    if (wanted.has(list)) lists.set(list, decodeText(Buffer.concat(chunks), entry.header.name));
  }
  return lists;
}
