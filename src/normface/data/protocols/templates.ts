/**
 * Templates, as IJB-B and IJB-C (Whitelam et al., CVPRW 2017; Maze et al., ICB 2018) compare them: sets of images of a person,
 * stills and frames of videos, of which each still and each video is a medium.
 */

import { UserError } from '../../../common/errors.ts';
import { excerpt } from '../../../common/printable.ts';
import { integerColumns } from '../integer-columns.ts';
import { csvRows } from '../lists/csv.ts';

/** Which template and medium each image belongs to. */
export interface TemplateList {
  readonly name: string;
  readonly images: readonly string[];
  /** Numbers of the templates, each once. */
  readonly templates: Uint32Array;
  /** Place of each image's template in `templates`. */
  readonly template: Uint32Array;
  /** Number of each image's medium. */
  readonly media: Uint32Array;
}

/** Pairs of templates: places in `templates`, and 1 for one person. */
export interface TemplatePairs {
  readonly name: string;
  readonly a: Uint32Array;
  readonly b: Uint32Array;
  readonly same: Uint8Array;
}

/** Reads lines `image.jpg template medium`. @throws UserError naming the line that is otherwise */
export function parseTemplates(text: string, name: string): TemplateList {
  const images: string[] = [];
  const template: number[] = [];
  const media: number[] = [];
  const places = new Map<number, number>();
  let line = 0;
  for (const content of text.split('\n')) {
    line++;
    if (content.trim() === '') continue;
    const match = /^\s*(\S.*?)[\s,]+(\d{1,9})[\s,]+(\d{1,9})\s*$/.exec(content);
    if (!match)
      throw new UserError(
        `${name} line ${line}: expected an image and the numbers of its template and its medium, found "${excerpt(content.trim())}"`,
      );
    const number = Number(match[2]);
    const place = places.get(number) ?? places.size;
    places.set(number, place);
    images.push(match[1]!);
    template.push(place);
    media.push(Number(match[3]));
  }
  if (images.length === 0) throw new UserError(`${name} is empty`);
  return {
    name,
    images,
    templates: Uint32Array.from(places.keys()),
    template: Uint32Array.from(template),
    media: Uint32Array.from(media),
  };
}

/** Reads lines `template template 0|1`. @throws UserError naming a line, or a template that has no images */
export function parseTemplatePairs(bytes: Uint8Array, name: string, list: TemplateList): TemplatePairs {
  const expected = 'the numbers of two templates, and 1 for one person or 0 for two';
  const [first, second, same] = integerColumns(bytes, 3, name, expected) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  if (first.length === 0) throw new UserError(`${name} is empty`);
  const places = new Map(Array.from(list.templates, (number, place) => [number, place]));
  const placesOf = (numbers: Float64Array) =>
    Uint32Array.from(numbers, (number) => {
      const place = places.get(number);
      if (place === undefined)
        throw new UserError(`${name} names the template ${number}, of which ${list.name} has no image`);
      return place;
    });
  const odd = same.findIndex((value) => value > 1);
  if (odd >= 0)
    throw new UserError(`${name}: a pair is labelled ${same[odd]}; 1 means same, 0 means different`);
  return { name, a: placesOf(first), b: placesOf(second), same: Uint8Array.from(same) };
}

/** Templates with the people they show: a gallery, or probes. */
export interface TemplateSubjects {
  readonly name: string;
  /** Places in the list of templates. */
  readonly templates: Uint32Array;
  /** Number of the person of each. */
  readonly subjects: Uint32Array;
}

/**
 * Reads a gallery or probes: a table whose first line names its columns, TEMPLATE_ID and SUBJECT_ID among them; a template may stand
 * on several lines, one for each of its images. @throws UserError naming the line
 */
export function parseTemplateSubjects(text: string, name: string, list: TemplateList): TemplateSubjects {
  const places = new Map(Array.from(list.templates, (number, place) => [number, place]));
  const subjects = new Map<number, number>();
  let columns: { template: number; subject: number } | undefined;
  for (const { cells, line } of csvRows(text, name)) {
    if (!columns) {
      const titles = cells.map((title) => title.trim().toUpperCase());
      columns = { template: titles.indexOf('TEMPLATE_ID'), subject: titles.indexOf('SUBJECT_ID') };
      if (columns.template < 0 || columns.subject < 0)
        throw new UserError(`${name} line ${line}: expected a header with TEMPLATE_ID and SUBJECT_ID`);
      continue;
    }
    const [template, subject] = [cells[columns.template] ?? '', cells[columns.subject] ?? ''];
    if (![template, subject].every((cell) => /^\s*\d{1,9}\s*$/.test(cell)))
      throw new UserError(`${name} line ${line}: expected the numbers of a template and of a person`);
    const place = places.get(Number(template));
    if (place === undefined)
      throw new UserError(
        `${name} line ${line}: ${list.name} has no image of the template ${template.trim()}`,
      );
    if ((subjects.get(place) ?? Number(subject)) !== Number(subject))
      throw new UserError(
        `${name} line ${line}: the template ${template.trim()} shows another person before`,
      );
    subjects.set(place, Number(subject));
  }
  if (subjects.size === 0) throw new UserError(`${name} holds no templates`);
  return {
    name,
    templates: Uint32Array.from(subjects.keys()),
    subjects: Uint32Array.from(subjects.values()),
  };
}
