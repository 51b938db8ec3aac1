/** Crops of faces on the GPU: one kernel for a batch, whatever the sizes of the photographs. */

import type { Device, Tensor } from '../../engine/core/tensor.ts';
import { warpAffine } from '../../engine/ops/images/warp_affine.ts';
import type { CapturedStep } from '../../engine/runtime/captured-step.ts';
import type { RgbaImage } from '../detection/detector.ts';
import type { Similarity } from './similarity.ts';
import type { Template } from './template.ts';
import { cutTile, tileSide } from './tile.ts';

/** A face that is to be cut out. */
export interface FaceToCrop {
  readonly image: RgbaImage;
  readonly similarity: Similarity;
}

/** A face that is cut out of its photograph, and where its crop lies in that: see {@link cutTile}. */
export interface CutFace {
  readonly tile: Uint8Array;
  readonly matrix: readonly number[];
}

/** Cuts out faces as a template wants them. Frees what it holds with {@link Aligner.dispose}. */
export class Aligner {
  readonly template: Template;
  readonly batchSize: number;
  private readonly side: number;
  private readonly pixels: Uint8Array;
  private readonly matrices: Float32Array;
  private readonly images: Tensor;
  private readonly positions: Tensor;
  private readonly step: CapturedStep<{ crops: Tensor }>;

  /** @param batchSize faces that go to the GPU at once, each with about 0.4 MB */
  constructor(device: Device, template: Template, batchSize = 16) {
    const { width, height } = template;
    this.template = template;
    this.batchSize = batchSize;
    this.side = tileSide(template);
    this.pixels = new Uint8Array(batchSize * this.side ** 2 * 4);
    this.matrices = new Float32Array(batchSize * 6);
    this.images = device.images(this.pixels, [batchSize, this.side, this.side]);
    this.positions = device.tensor(this.matrices, [batchSize, 2, 3]);
    this.step = device.capture(() => ({
      crops: warpAffine(this.images, this.positions, null, { width, height, rounded: true }),
    }));
  }

  /** The crops of faces, in order. One call at a time: the next waits for this one. */
  async crops(faces: readonly FaceToCrop[]): Promise<RgbaImage[]> {
    return this.cropsOf(faces.map((face) => this.cut(face)));
  }

  /** What the crop of a face is made of, about 0.4 MB: the photograph is no longer needed then. */
  cut({ image, similarity }: FaceToCrop): CutFace {
    const { side, template } = this;
    const tile = new Uint8Array(side * side * 4);
    return { tile, matrix: cutTile(image, similarity, template, tile, side) };
  }

  /** {@link Aligner.crops} of faces that were cut out for this aligner. */
  async cropsOf(faces: readonly CutFace[]): Promise<RgbaImage[]> {
    if (faces.length === 0) return [];
    await this.step.compile();
    const { width, height } = this.template;
    const bytes = width * height * 4;
    const crops: RgbaImage[] = [];
    for (let first = 0; first < faces.length; first += this.batchSize) {
      const batch = faces.slice(first, first + this.batchSize);
      this.load(batch);
      const [data] = await this.step.runAndRead([this.step.outputs.crops]);
      batch.forEach((_, i) => {
        crops.push({ width, height, data: (data as Uint8Array).subarray(i * bytes, (i + 1) * bytes) });
      });
    }
    return crops;
  }

  private load(faces: readonly CutFace[]): void {
    faces.forEach(({ tile, matrix }, i) => {
      this.pixels.set(tile, i * tile.length);
      this.matrices.set(matrix, 6 * i);
    });
    this.images.write(this.pixels);
    this.positions.write(this.matrices);
  }

  dispose(): void {
    this.step.dispose();
    this.images.dispose();
    this.positions.dispose();
  }
}
