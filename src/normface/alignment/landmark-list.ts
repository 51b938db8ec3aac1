/** Lists of faces' points that exist already, in the formats in which data sets come with them. */

import { UserError } from '../../common/errors.ts';
import { countText } from '../../common/format.ts';
import { parseJson } from '../../common/json.ts';
import type { Box, FivePoints, Point } from '../detection/detector.ts';

/** A face of a photograph, found by a detector or named in a list. */
export interface LocatedFace {
  readonly points: FivePoints;
  /** Where a detector saw it; lists hold points only. */
  readonly box: Box | null;
  /** How sure the detector was, from 0 to 1. */
  readonly score: number | null;
  /** Where a list names it: `points.txt line 7`. */
  readonly origin?: string;
}

/** What the first field of a line is called in sentences, and where its other fields stand. */
interface Layout {
  /** Number of fields, where the line has just these. */
  readonly fields: readonly number[];
  readonly path: number;
  /** x1 y1 … x5 y5, or x1 … x5 y1 … y5. */
  readonly order: 'pairs' | 'rows';
}

/**
 * Lines of 11 fields are `path x1 y1 … x5 y5` (LFW's and CelebA's lists), those of 12 have the class after the path (SphereFace's), and
 * those of 17 are insightface's `.lst`: aligned, path, class, box of four, x1 … x5, y1 … y5 (`face_preprocess.py`, `parse_lst_line`).
 */
const layouts: readonly Layout[] = [
  { fields: [11, 12], path: 0, order: 'pairs' },
  { fields: [17], path: 1, order: 'rows' },
];

/** A number in decimal digits, also as NumPy writes it (`1.25e+02`); programs would read `0x10` as one, too, and an empty field. */
const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Coordinates beyond this are no pixels. */
const farthest = 1e6;

/** Points by photograph. */
export class LandmarkList {
  /** How the list is called in sentences. */
  readonly name: string;
  /** By the path of the photograph in the list. */
  readonly faces: ReadonlyMap<string, readonly LocatedFace[]>;
  private readonly byEnding = new Map<number, Map<string, string | null>>();

  constructor(name: string, faces: ReadonlyMap<string, readonly LocatedFace[]>) {
    this.name = name;
    this.faces = faces;
  }

  /**
   * The path by which the list names a photograph: the same, or with more or fewer folders before it, since lists and trees begin at
   * different folders. undefined where it does not.
   * @throws UserError where several paths of the list end like that of the photograph
   */
  keyOf(photograph: string): string | undefined {
    const parts = photograph.normalize('NFC').split('/');
    for (let skipped = 0; skipped < parts.length; skipped++) {
      const key = parts.slice(skipped).join('/');
      if (this.faces.has(key)) return key;
    }
    const key = this.endings(parts.length).get(parts.join('/'));
    if (key === null)
      throw new UserError(
        `${this.name} names several photographs that end in ${photograph}; give the folder above it`,
      );
    return key;
  }

  /** Paths of the list by their last `length` parts; null for several that are alike there. */
  private endings(length: number): Map<string, string | null> {
    const known = this.byEnding.get(length);
    if (known) return known;
    const endings = new Map<string, string | null>();
    for (const key of this.faces.keys()) {
      const ending = key.split('/').slice(-length).join('/');
      endings.set(ending, endings.has(ending) ? null : key);
    }
    this.byEnding.set(length, endings);
    return endings;
  }
}

/**
 * Reads a list of points: our own `landmarks.json`; or text, a face a line, with tabs, commas or spaces between the fields. CelebA's
 * count and header are passed over, and so are empty lines and those that begin with `#`. Several lines of one path are several faces.
 * @param name what it is called in sentences
 * @param first number of the first pixel, 0 or 1, in text; our own counts from 0
 * @throws UserError that names the line
 */
export function parseLandmarks(text: string, name: string, first: 0 | 1 = 0): LandmarkList {
  return /^\s*\{/.test(text) ? ownList(text, name) : listOfLines(text, name, first);
}

function listOfLines(text: string, name: string, first: number): LandmarkList {
  const faces = new Map<string, LocatedFace[]>();
  let fieldsBefore = 0;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const fields = fieldsOf(line);
    if (faces.size === 0 && isHeader(fields)) continue;
    const origin = `${name} line ${index + 1}`;
    const refuse = (reason: string): never => {
      throw new UserError(`${origin}: ${reason}`);
    };
    const layout = layouts.find((known) => known.fields.includes(fields.length));
    if (!layout)
      return refuse(
        `it has ${countText(fields.length, 'field')}; there are 11 (path x1 y1 … x5 y5), 12 (with the class after the path) or 17 (insightface's .lst)`,
      );
    if (fieldsBefore && fields.length !== fieldsBefore)
      return refuse(`it has ${countText(fields.length, 'field')}, the lines before it ${fieldsBefore}`);
    fieldsBefore = fields.length;
    const numbers = fields.slice(-10).map((field) => {
      const value = decimal.test(field) ? Number(field) : Number.NaN;
      if (!(Math.abs(value) <= farthest))
        return refuse(`"${field.slice(0, 40)}" is no coordinate of a pixel`);
      return value - first;
    });
    const path = normalised(fields[layout.path]!);
    if (path === '') return refuse('the path is empty');
    add(faces, path, { points: pointsOf(numbers, layout.order), box: null, score: null, origin });
  }
  if (faces.size === 0) throw new UserError(`${name} names no photographs`);
  return new LandmarkList(name, faces);
}

/** Of a line with tabs or commas a path may hold spaces. */
function fieldsOf(line: string): string[] {
  for (const separator of ['\t', ',']) {
    if (line.includes(separator)) return line.split(separator).map((field) => field.trim());
  }
  return line.trim().split(/\s+/);
}

/** CelebA's count, and its names of columns, which some copies have a name of the first column before. */
function isHeader(fields: readonly string[]): boolean {
  if (fields.length === 1) return /^\d+$/.test(fields[0]!);
  return fields.slice(-10).every((field) => /^[a-z][a-z\d_ ]*$/i.test(field));
}

function pointsOf(numbers: readonly number[], order: Layout['order']): FivePoints {
  const point = (k: number): Point =>
    order === 'pairs'
      ? { x: numbers[2 * k]!, y: numbers[2 * k + 1]! }
      : { x: numbers[k]!, y: numbers[5 + k]! };
  return [point(0), point(1), point(2), point(3), point(4)];
}

function normalised(path: string): string {
  return path
    .replaceAll('\\', '/')
    .replace(/^(\.?\/)+/, '')
    .normalize('NFC');
}

function add(faces: Map<string, LocatedFace[]>, path: string, face: LocatedFace): void {
  const known = faces.get(path);
  if (known) known.push(face);
  else faces.set(path, [face]);
}

/** What `normface align` writes, as far as it is read again. */
interface OwnFile {
  readonly photographs?: unknown;
}

function ownList(text: string, name: string): LandmarkList {
  let file: OwnFile;
  try {
    file = parseJson(text) as OwnFile;
  } catch (error) {
    throw new UserError(`${name} is not JSON: ${(error as Error).message}`);
  }
  const faces = new Map<string, LocatedFace[]>();
  const refuse = (index: number): never => {
    throw new UserError(
      `${name}: photographs[${index}] must have a "photograph" and "faces" with five "points" [x, y] each, as \`normface align\` writes them`,
    );
  };
  if (!Array.isArray(file.photographs))
    throw new UserError(`${name} has no list "photographs", as the landmarks.json of \`normface align\` has`);
  for (const [index, entry] of file.photographs.entries() as Iterable<[number, unknown]>) {
    const { photograph, faces: found } = (entry ?? {}) as { photograph?: unknown; faces?: unknown };
    if (typeof photograph !== 'string' || !Array.isArray(found)) return refuse(index);
    const origin = `${name} photographs[${index}]`;
    for (const face of found)
      add(faces, normalised(photograph), { ...(ownFace(face) ?? refuse(index)), origin });
  }
  return new LandmarkList(name, faces);
}

function ownFace(face: unknown): LocatedFace | undefined {
  const { points, box, score } = (face ?? {}) as { points?: unknown; box?: unknown; score?: unknown };
  if (!Array.isArray(points) || points.length !== 5) return undefined;
  const numbers = points.flatMap((point): unknown[] =>
    Array.isArray(point) && point.length === 2 ? point : [null],
  );
  if (numbers.length !== 10 || !numbers.every(isCoordinate)) return undefined;
  const corners =
    Array.isArray(box) && box.length === 4 && box.every(isCoordinate) ? (box as number[]) : null;
  return {
    points: pointsOf(numbers as number[], 'pairs'),
    box: corners && { x: corners[0]!, y: corners[1]!, width: corners[2]!, height: corners[3]! },
    score: typeof score === 'number' ? score : null,
  };
}

const isCoordinate = (value: unknown): boolean => typeof value === 'number' && Math.abs(value) <= farthest;
