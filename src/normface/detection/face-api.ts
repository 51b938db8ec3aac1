/** Faces found by face-api's tiny face detector, and five points of each from its net for 68. */

import { UserError } from '../../common/errors.ts';
import type { Device } from '../../engine/core/tensor.ts';
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
import {
  anchors,
  cellSize,
  type FaceApiModels,
  faceApiNets,
  perAnchor,
  pointsSide,
} from './face-api-nets.ts';
import { ImageNet } from './image-net.ts';
import { ScaledImage } from './scaled.ts';

/** What {@link FaceApiDetector} looks at, and how sure it must be. */
export interface FaceApiOptions {
  /** Side of the square that photographs are scaled into, a multiple of 32. Default 416. */
  readonly inputSize?: number;
  /** Score from which a box is a face. Default 0.5. */
  readonly threshold?: number;
}

/** Overlap above which the less sure of two boxes goes (src/tinyFaceDetector/const.ts of face-api). */
const mostOverlap = 0.4;

/** Faces whose points are found at once. */
const batchOfPoints = 4;

/** face-api's tiny face detector and one of its nets for 68 points on our engine, with its defaults. */
export class FaceApiDetector implements Detector {
  readonly name = 'face-api';
  private readonly threshold: number;
  private readonly detector: ImageNet;
  private readonly points: ImageNet;

  /** @throws UserError if an option is out of its range, or a model lacks a tensor */
  constructor(
    device: Device,
    models: FaceApiModels,
    { inputSize = 416, threshold = 0.5 }: FaceApiOptions = {},
  ) {
    if (!(Number.isInteger(inputSize / cellSize) && inputSize >= cellSize && inputSize <= 2048))
      throw new UserError(`the input size is a multiple of ${cellSize} up to 2048, not ${inputSize}`);
    if (!(threshold > 0 && threshold < 1))
      throw new UserError(`the threshold lies between 0 and 1, not ${threshold}`);
    this.threshold = threshold;
    const nets = faceApiNets(models, inputSize);
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
    const { width: side } = this.detector;
    const scale = Math.max(source.width, source.height) / side;
    const width = Math.max(1, Math.round(source.width / scale));
    const height = Math.max(1, Math.round(source.height / scale));
    let candidates: Candidate[] = [];
    await this.detector.runAll(
      1,
      (_, pixels, at) =>
        source.write(
          { x: 0, y: 0, width: source.width, height: source.height },
          { pixels, stride: side, at, width, height },
        ),
      (_, output) => {
        candidates = candidatesOf(output, side / cellSize, this.threshold, {
          x: (cellSize * source.width) / width,
          y: (cellSize * source.height) / height,
        });
      },
    );
    return suppress(candidates, mostOverlap).flatMap(({ box, score }) => {
      const inside = within(box, source);
      return inside.width >= 1 && inside.height >= 1 ? [{ box: inside, score }] : [];
    });
  }
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/**
 * What each anchor of each cell says: the middle lies in the cell at the sigmoid of x and y, the box is exp(width), exp(height) times the
 * anchor (arXiv 1612.08242, section 2).
 *
 * @param output [cells + 1, cells + 1, anchors, 5], of which the first row and column are passed over
 * @param cell extents of a cell in pixels of the photograph
 */
function candidatesOf(output: Float32Array, cells: number, threshold: number, cell: Point): Candidate[] {
  const candidates: Candidate[] = [];
  for (let row = 0; row < cells; row++)
    for (let column = 0; column < cells; column++)
      anchors.forEach((anchor, a) => {
        const at = (((row + 1) * (cells + 1) + column + 1) * anchors.length + a) * perAnchor;
        const score = sigmoid(output[at + 4]!);
        if (!(score > threshold)) return;
        const width = Math.exp(output[at + 2]!) * anchor.width * cell.x;
        const height = Math.exp(output[at + 3]!) * anchor.height * cell.y;
        const x = (column + sigmoid(output[at]!)) * cell.x - width / 2;
        const y = (row + sigmoid(output[at + 1]!)) * cell.y - height / 2;
        candidates.push({ box: { x, y, width, height }, score });
      });
  return candidates;
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
