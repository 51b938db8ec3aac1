/** Faces and five points of each, found by MTCNN: three nets, of which each looks closer at what the one before took for a face. */

import { UserError } from '../../common/errors.ts';
import type { Device } from '../../engine/core/tensor.ts';
import { type Candidate, moved, squared, suppress, surestFirst } from './boxes.ts';
import type { Box, DetectedFace, Detector, FivePoints, RgbaImage } from './detector.ts';
import { checkPhotograph } from './detector.ts';
import { ImageNet } from './image-net.ts';
import { windowOf } from './mtcnn-nets.ts';
import type { MtcnnNets } from './mtcnn-weights.ts';
import { type Level, onPages, type Piece, paginate, partOf, placeOf, pyramid } from './pyramid.ts';
import { ScaledImage } from './scaled.ts';

/** What {@link Mtcnn} looks for, and how sure it must be. */
export interface MtcnnOptions {
  /** Side in pixels of the smallest faces that are looked for, from 12. Default 20. */
  readonly minFace?: number;
  /** Scores from which P-Net, R-Net and O-Net take a window for a face. Default 0.6, 0.7, 0.7. */
  readonly thresholds?: readonly [number, number, number];
  /** From the side of a level of the pyramid to that of the next. Default 0.709, half the area. */
  readonly factor?: number;
  /**
   * Pixels of the largest level of the pyramid. Of photographs with more than (minFace/12)² times as many, the smallest faces are not
   * looked for. Default 1,500,000: from 4.2 million pixels on where `minFace` is 20.
   */
  readonly mostPixels?: number;
}

/** Candidates that P-Net may give for one level; more than a texture of faces has, and few enough to compare each with each. */
const mostOfLevel = 4096;

/** Overlaps above which the less sure of two boxes goes. */
const overlapOf = { level: 0.5, proposals: 0.7, refined: 0.7, faces: 0.7 } as const;

/** Extents of the pages on which P-Net sees a pyramid: that of a photograph of 250 × 250 pixels fits on one. */
const page = { width: 272, height: 240 } as const;

/** Windows that R-Net and O-Net see at once: about as many as a portrait gives them; a batch costs as much when it is not full. */
const batchOf = { refinement: 32, output: 4 } as const;

/** A box with what a net says how its edges should move. */
interface Proposal extends Candidate {
  readonly move: Float32Array;
}

/**
 * MTCNN (arXiv 1604.02878) on our engine: thresholds, overlaps, the order of steps and where boxes are cut to whole pixels are those of the
 * program that its authors published (`detect_face.m` of kpzhang93/MTCNN_face_detection_alignment).
 */
export class Mtcnn implements Detector {
  readonly name = 'mtcnn';
  private readonly options: Required<MtcnnOptions>;
  private readonly proposals: ImageNet;
  private readonly refinement: ImageNet;
  private readonly output: ImageNet;

  /** @throws UserError if an option is out of its range */
  constructor(
    device: Device,
    nets: MtcnnNets,
    { minFace = 20, thresholds = [0.6, 0.7, 0.7], factor = 0.709, mostPixels = 1_500_000 }: MtcnnOptions = {},
  ) {
    if (!(minFace >= windowOf.proposal.size && Number.isFinite(minFace)))
      throw new UserError(
        `the smallest face must be ${windowOf.proposal.size} pixels or more, not ${minFace}`,
      );
    if (!thresholds.every((threshold) => threshold > 0 && threshold < 1))
      throw new UserError(`thresholds lie between 0 and 1, not ${thresholds.join(', ')}`);
    if (!(factor > 0 && factor < 1)) throw new UserError(`the factor lies between 0 and 1, not ${factor}`);
    if (!(mostPixels >= 1)) throw new UserError(`the largest level has 1 pixel or more, not ${mostPixels}`);
    this.options = { minFace, thresholds, factor, mostPixels };
    this.proposals = new ImageNet(device, nets.proposal(page.height, page.width), 1);
    this.refinement = new ImageNet(device, nets.refinement, batchOf.refinement);
    this.output = new ImageNet(device, nets.output, batchOf.output);
  }

  async detect(image: RgbaImage): Promise<DetectedFace[]> {
    checkPhotograph(image);
    const source = new ScaledImage(image);
    const proposed = await this.propose(source);
    const refined = await this.refine(source, proposed);
    return this.look(source, refined);
  }

  dispose(): void {
    for (const net of [this.proposals, this.refinement, this.output]) net.dispose();
  }

  /** P-Net over all levels: squares that may be faces. */
  private async propose(source: ScaledImage): Promise<Box[]> {
    const [threshold] = this.options.thresholds;
    const levels = pyramid(source, windowOf.proposal, this.options);
    const pieces = paginate(levels, windowOf.proposal, page);
    const pages = onPages(pieces);
    const found = new Map<Level, Proposal[]>(levels.map((level) => [level, []]));
    await this.proposals.runAll(
      pages.length,
      (index, pixels, at) => {
        for (const piece of pages[index]!) source.write(partOf(piece), placeOf(piece, page, pixels, at));
      },
      (index, output) => {
        const columns = this.proposals.outputShape[1]!;
        for (const piece of pages[index]!)
          found.get(piece.level)!.push(...proposalsOf(piece, output, columns, threshold));
      },
    );
    const ofLevels = [...found.values()].flatMap((proposals) =>
      suppress(surestFirst(proposals).slice(0, mostOfLevel), overlapOf.level),
    );
    return suppress(ofLevels, overlapOf.proposals).map(({ box, move }) =>
      squared(movedByProposal(box, move)),
    );
  }

  /** R-Net on each square: those that it, too, takes for faces, moved. */
  private async refine(source: ScaledImage, boxes: readonly Box[]): Promise<Box[]> {
    const [, threshold] = this.options.thresholds;
    const kept: Proposal[] = [];
    await this.onEach(this.refinement, source, boxes, (box, output) => {
      const score = scoreOf(output, 0);
      if (score > threshold) kept.push({ box, score, move: output.slice(2, 6) });
    });
    return suppress(kept, overlapOf.refined).map(({ box, move }) => squared(moved(box, move)));
  }

  /** O-Net on each square: the faces, with their points. */
  private async look(source: ScaledImage, boxes: readonly Box[]): Promise<DetectedFace[]> {
    const [, , threshold] = this.options.thresholds;
    const faces: DetectedFace[] = [];
    await this.onEach(this.output, source, boxes, (box, output) => {
      const score = scoreOf(output, 0);
      if (score > threshold)
        faces.push({ box: moved(box, output.slice(2, 6)), score, points: pointsOf(box, output) });
    });
    return suppress(faces, overlapOf.faces, 'minimum').map(({ box, ...face }) => ({
      ...face,
      // From edges to the centres of pixels.
      box: { ...box, x: box.x - 0.5, y: box.y - 0.5 },
    }));
  }

  private async onEach(
    net: ImageNet,
    source: ScaledImage,
    boxes: readonly Box[],
    take: (box: Box, output: Float32Array) => void,
  ): Promise<void> {
    const { width, height } = net;
    const usable = boxes.map(wholePixels).filter(isUsable);
    await net.runAll(
      usable.length,
      (index, pixels, at) => source.write(usable[index]!, { pixels, stride: width, at, width, height }),
      (index, output) => take(usable[index]!, output),
    );
  }
}

/** As the authors' program cuts boxes: numbers of the first and the last pixel, from 1, towards zero. */
function wholePixels({ x, y, width, height }: Box): Box {
  const [left, top] = [Math.trunc(x + 1) - 1, Math.trunc(y + 1) - 1];
  return { x: left, y: top, width: Math.trunc(x + width) - left, height: Math.trunc(y + height) - top };
}

/** P-Net's moves are fractions of the distance from the first pixel to the last, one less than the width; those of the others of the width. */
function movedByProposal(box: Box, [left, top, right, bottom]: Float32Array): Box {
  const [across, down] = [1 - 1 / box.width, 1 - 1 / box.height];
  return moved(box, [left! * across, top! * down, right! * across, bottom! * down]);
}

/** Edges may move so far that nothing is left of a box. */
const isUsable = ({ x, y, width, height }: Box): boolean =>
  Number.isFinite(x) && Number.isFinite(y) && width >= 1 && height >= 1 && Number.isFinite(width * height);

/** Of two scores behind a softmax, the second: 1 / (1 + exp(s₀ − s₁)). */
const scoreOf = (output: Float32Array, at: number): number =>
  1 / (1 + Math.exp(output[at]! - output[at + 1]!));

/** The windows of a piece that P-Net takes for faces. @param output of its page, `columns` windows a row */
function proposalsOf(piece: Piece, output: Float32Array, columns: number, threshold: number): Proposal[] {
  const { size, stride } = windowOf.proposal;
  const { scaleX, scaleY } = piece.level;
  const proposals: Proposal[] = [];
  for (let y = 0; y + size <= piece.height; y += stride) {
    for (let x = 0; x + size <= piece.width; x += stride) {
      const at = 6 * (((piece.pageY + y) / stride) * columns + (piece.pageX + x) / stride);
      const score = scoreOf(output, at);
      if (!(score > threshold)) continue;
      // From the first to the last pixel of the window, which count from 1 there: (x + 1)/scale to (x + size)/scale.
      const box = wholePixels({
        x: (piece.x + x + 1) / scaleX - 1,
        y: (piece.y + y + 1) / scaleY - 1,
        width: (size - 1) / scaleX + 1,
        height: (size - 1) / scaleY + 1,
      });
      proposals.push({ box, score, move: output.slice(at + 2, at + 6) });
    }
  }
  return proposals;
}

/**
 * Five x, then five y, as fractions of the square that O-Net saw. The authors' program takes one pixel off their places, which count from 1, and
 * what was aligned by its points has it so; from the first pixel on as 0 that is x − 1 of the square.
 */
function pointsOf({ x, y, width, height }: Box, output: Float32Array): FivePoints {
  const point = (i: number) => ({ x: x - 1 + width * output[6 + i]!, y: y - 1 + height * output[11 + i]! });
  return [point(0), point(1), point(2), point(3), point(4)];
}
