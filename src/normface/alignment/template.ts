/** Where the five points of a face lie in an aligned crop. */

import type { ImageSize } from '../data/images/image.ts';
import type { FivePoints, Point } from '../detection/detector.ts';

/**
 * Where the distances are measured whose squares are made least: in the photograph, which maps the template to the points, or in the
 * crop, which maps the points to the template. Both give the same rotation, but in the crop the more the points differ from the template
 * in shape, as in faces turned aside, the smaller the face becomes.
 */
export type Fit = 'image' | 'crop';

/** A crop with the places of five points in it, in pixels; the centre of the crop's top left pixel is (0, 0). */
export interface Template extends ImageSize {
  /** Height and width, as options have them. */
  readonly name: TemplateName;
  readonly points: FivePoints;
  /** How the program that crops of this size come from fits them. */
  readonly fit: Fit;
}

/** Height and width of the crops. */
export type TemplateName = '112x96' | '112x112';

export const templateNames: readonly TemplateName[] = ['112x96', '112x112'];

/** Eyes, nose and corners of the mouth, left in the picture first: SphereFace's `face_align_demo.m`, `coord5points`. */
const published: FivePoints = [
  { x: 30.2946, y: 51.6963 },
  { x: 65.5318, y: 51.5014 },
  { x: 48.0252, y: 71.7366 },
  { x: 33.5493, y: 92.3655 },
  { x: 62.7299, y: 92.2041 },
];

function movedBy(x: number, y: number): FivePoints {
  const [a, b, c, d, e] = published.map((point): Point => ({ x: point.x + x, y: point.y + y }));
  return [a!, b!, c!, d!, e!];
}

/**
 * The two sizes that nets of faces are trained on.
 *
 * 112×96 is of SphereFace and those before it, in Matlab: pixels counted from 1, hence 1 less here, and `cp2tform` fits in the photograph.
 * 112×112 is of insightface (`face_align.py`, `arcface_dst`): the same numbers with 8 added to x, of pixels counted from 0, fitted in the
 * crop (Umeyama 1991, `SimilarityTransform.estimate`). So a face lies one pixel farther right and down in it than those 8 columns say.
 */
export const templates: Readonly<Record<TemplateName, Template>> = {
  '112x96': { name: '112x96', width: 96, height: 112, points: movedBy(-1, -1), fit: 'image' },
  '112x112': { name: '112x112', width: 112, height: 112, points: movedBy(8, 0), fit: 'crop' },
};

/** The template for a net with an input of this size: the one whose proportions are nearer. */
export function templateFor({ width, height }: ImageSize): Template {
  const distance = (template: Template) =>
    Math.abs(Math.log(((width / height) * template.height) / template.width));
  return distance(templates['112x96']) <= distance(templates['112x112'])
    ? templates['112x96']
    : templates['112x112'];
}

/** Whether crops of a template have this size or, for nets of other sizes, one that is scaled: 6 : 7, or a square of a multiple of 56. */
export function isCropSize({ width, height }: ImageSize): boolean {
  return 7 * width === 6 * height || (width === height && width % 56 === 0);
}
