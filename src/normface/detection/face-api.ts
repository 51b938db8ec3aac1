/** Faces found by face-api's tiny face detector, and five points of each from its net for 68. */

import { UserError } from '../../common/errors.ts';
import type { Device } from '../../engine/core/tensor.ts';
import type { ImageSize } from '../data/images/image.ts';
import { type Candidate, squared, suppress } from './boxes.ts';
import {
  type Box,
  checkPhotograph,
  type DetectedFace,
  type Detector,
  type FivePoints,
  type Point,
  type RgbaImage,
} from './detector.ts';
import { candidatesOf, doublings, leastSide, levelOf } from './face-api-boxes.ts';
import { cellSize, type FaceApiModels, faceApiNets, pointsSide } from './face-api-nets.ts';
import { ImageNet } from './image-net.ts';
import { type Level, onPages, paginate, partOf, placeOf } from './pyramid.ts';
import { ScaledImage } from './scaled.ts';

/** What {@link FaceApiDetector} looks at, and how sure it must be. */
export interface FaceApiOptions {
  /**
   * Longest side, in pixels, of the largest size at which a photograph is looked at; it is looked at with longest sides of 160, 320, 640 and so on.
   * Faces from about a twentieth of it are found. Default 1280.
   */
  readonly largestSide?: number;
  /** Looks once, at a square of this side, a multiple of 32, as face-api itself does (416 there). Default: at several sizes. */
  readonly inputSize?: number;
  /** Score from which a box is a face. Default 0.5. */
  readonly threshold?: number;
}

/** What is looked at at once where `inputSize` does not say so: a photograph with a longest side of 320 and, beside it, of 160. */
const usualPage = { width: 512, height: 320 } as const;

/** Pieces of a level overlap by the side of the largest faces that are found at its size rather than at half of it. */
const faceWindows = { size: 160, stride: cellSize } as const;

/** Share of the smaller box that another may cover: a face may be found at two sizes. */
const mostInside = 0.7;

/** Overlap above which the less sure of two boxes goes (tinyFaceDetector/const.ts of face-api). */
const mostOverlap = 0.4;

/** Faces whose points are found at once: most photographs have one, and a batch costs as much when it is not full. */
const batchOfPoints = 1;

/**
 * face-api's tiny face detector and one of its nets for 68 points on our engine. The detector finds faces of about 50 to 200 pixels; so that faces
 * of all sizes are found, photographs are looked at at several sizes, where face-api looks at one.
 */
export class FaceApiDetector implements Detector {
  readonly name = 'face-api';
  private readonly threshold: number;
  private readonly page: ImageSize;
  private readonly levelsOf: (photograph: ImageSize) => Level[];
  private readonly detector: ImageNet;
  private readonly points: ImageNet;

  /** @throws UserError if an option is out of its range, or a model lacks a tensor */
  constructor(
    device: Device,
    models: FaceApiModels,
    { largestSide = 1280, inputSize, threshold = 0.5 }: FaceApiOptions = {},
  ) {
    if (
      inputSize !== undefined &&
      !(Number.isInteger(inputSize / cellSize) && inputSize >= cellSize && inputSize <= 2048)
    )
      throw new UserError(`the input size is a multiple of ${cellSize} up to 2048, not ${inputSize}`);
    if (!(largestSide >= leastSide && largestSide <= 8192))
      throw new UserError(`the largest side is ${leastSide} to 8192 pixels, not ${largestSide}`);
    if (!(threshold > 0 && threshold < 1))
      throw new UserError(`the threshold lies between 0 and 1, not ${threshold}`);
    this.threshold = threshold;
    this.page = inputSize === undefined ? usualPage : { width: inputSize, height: inputSize };
    this.levelsOf = (photograph) =>
      inputSize === undefined ? doublings(photograph, largestSide) : [levelOf(photograph, inputSize)];
    const nets = faceApiNets(models, this.page);
    this.detector = new ImageNet(device, nets.detector, 1);
    this.points = new ImageNet(device, nets.points, batchOfPoints);
  }

  async detect(image: RgbaImage): Promise<DetectedFace[]> {
    checkPhotograph(image);
    const source = new ScaledImage(image);
    const faces = (await this.boxes(source)).map(({ box, score }) => ({ box, score, square: squared(box) }));
    const found: DetectedFace[] = [];
    await this.points.runAll(
      faces.length,
      (index, pixels, at) => drawFace(source, faces[index]!.box, faces[index]!.square, pixels, at),
      (index, output) => {
        const { box, score, square } = faces[index]!;
        found.push({
          box: { ...box, x: box.x - 0.5, y: box.y - 0.5 },
          score,
          points: fiveOf(output, square),
        });
      },
    );
    return found;
  }

  dispose(): void {
    this.detector.dispose();
    this.points.dispose();
  }

  /** Boxes in edges, within the photograph. */
  private async boxes(source: ScaledImage): Promise<Candidate[]> {
    const pieces = paginate(this.levelsOf(source), faceWindows, this.page, cellSize);
    const pages = onPages(pieces);
    const candidates: Candidate[] = [];
    await this.detector.runAll(
      pages.length,
      (index, pixels, at) => {
        for (const piece of pages[index]!) source.write(partOf(piece), placeOf(piece, this.page, pixels, at));
      },
      (index, output) => {
        for (const piece of pages[index]!)
          candidates.push(...candidatesOf(piece, output, this.page.width / cellSize + 1, this.threshold));
      },
    );
    const kept = suppress(suppress(candidates, mostOverlap), mostInside, 'minimum');
    return kept.flatMap(({ box, score }) => {
      const inside = within(box, source);
      return inside.width >= 1 && inside.height >= 1 ? [{ box: inside, score }] : [];
    });
  }
}

/** What of a box lies in a photograph. */
function within(
  { x, y, width, height }: Box,
  image: { readonly width: number; readonly height: number },
): Box {
  const [left, top] = [Math.max(0, x), Math.max(0, y)];
  return {
    x: left,
    y: top,
    width: Math.min(image.width, x + width) - left,
    height: Math.min(image.height, y + height) - top,
  };
}

/** Writes a face into a black square, of which it fills the longer side. */
function drawFace(source: ScaledImage, box: Box, square: Box, pixels: Uint8Array, at: number): void {
  const unit = square.width / pointsSide;
  const border = (pixels: number): number => Math.min(pointsSide / 2 - 1, Math.round(pixels / unit));
  const [left, top] = [border(box.x - square.x), border(box.y - square.y)];
  const [width, height] = [pointsSide - 2 * left, pointsSide - 2 * top];
  source.write(
    { x: square.x + left * unit, y: square.y + top * unit, width: width * unit, height: height * unit },
    { pixels, stride: pointsSide, at: at + top * pointsSide + left, width, height },
  );
}

/**
 * Five of 68 points as they are numbered since iBUG's 300 faces in the wild (Sagonas et al., ICCV workshops 2013): an eye is the mean of its
 * six points (36 to 41, 42 to 47), the tip of the nose point 30, the corners of the mouth 48 and 54.
 */
function fiveOf(output: Float32Array, square: Box): FivePoints {
  const meanOf = (from: number, count: number): Point => {
    let [x, y] = [0, 0];
    for (let i = from; i < from + count; i++) {
      x += output[2 * i]! / count;
      y += output[2 * i + 1]! / count;
    }
    return { x: square.x + x * square.width - 0.5, y: square.y + y * square.height - 0.5 };
  };
  return [meanOf(36, 6), meanOf(42, 6), meanOf(30, 1), meanOf(48, 1), meanOf(54, 1)];
}
