/** A photograph on the page, the faces that were found in it, and their crops for any net. */

import { similarityTo } from '../../normface/alignment/similarity.ts';
import { type Template, templateFor } from '../../normface/alignment/template.ts';
import type { Pixels } from '../../normface/data/images/resample.ts';
import type { DetectedFace, RgbaImage } from '../../normface/detection/detector.ts';
import { type FaceFinder, isPlausible } from './face-finder.ts';
import type { FaceSource } from './face-source.ts';
import { decodePixels, type Picture, pictureOf, type Size } from './pictures.ts';
import { previewOf } from './preview.ts';

export class Photograph {
  readonly name: string;
  readonly size: Size;
  /** The whole of it, smaller. */
  readonly preview: HTMLCanvasElement;
  private readonly file: Blob;
  private readonly finder: FaceFinder;
  private found: readonly DetectedFace[] | undefined;
  private made: readonly FaceSource[] = [];
  /** By template: the crops of all faces. Photographs themselves are too large to keep. */
  private readonly crops = new Map<string, Promise<RgbaImage[]>>();

  constructor(name: string, file: Blob, whole: Pixels, finder: FaceFinder) {
    this.name = name;
    this.file = file;
    this.finder = finder;
    this.size = { width: whole.width, height: whole.height };
    this.preview = previewOf(whole);
  }

  /** Surest first; undefined before they were looked for. */
  get faces(): readonly DetectedFace[] | undefined {
    return this.found;
  }

  /**
   * Looks for faces.
   * @param size of the images of the net, for which the crops are laid ready
   * @param whole the pixels, where they are at hand
   */
  async look(size: Size, whole?: Pixels): Promise<void> {
    const pixels = whole ?? (await decodePixels(this.name, this.file));
    this.crops.clear();
    const faces = (await this.finder.find(pixels)).filter(isPlausible);
    this.found = faces;
    this.made = faces.map((_, index) => ({
      name: faces.length > 1 ? `${this.name} (${index + 1})` : this.name,
      isSample: false,
      load: (wanted) => this.picture(index, wanted),
    }));
    if (faces.length > 0) await this.cropsFor(templateFor(size), pixels);
  }

  /** The faces as the page compares them, in the same order. */
  get sources(): readonly FaceSource[] {
    return this.made;
  }

  /** A face aligned as `normface verify --align` does it: to the template that is nearest to the net, then scaled. */
  private async picture(index: number, size: Size): Promise<Picture> {
    const template = templateFor(size);
    const crop = (await this.cropsFor(template))[index]!;
    const { step, error } = similarityTo(this.found![index]!.points, template);
    return {
      ...pictureOf({ ...crop, channels: 4 }, size),
      original: { width: Math.round(step * template.width), height: Math.round(step * template.height) },
      aligned: { error },
    };
  }

  private cropsFor(template: Template, whole?: Pixels): Promise<RgbaImage[]> {
    const kept = this.crops.get(template.name);
    if (kept) return kept;
    const made = this.cut(template, whole);
    this.crops.set(template.name, made);
    made.catch(() => this.crops.delete(template.name));
    return made;
  }

  private async cut(template: Template, whole?: Pixels): Promise<RgbaImage[]> {
    const pixels = whole ?? (await decodePixels(this.name, this.file));
    const similarities = this.found!.map(({ points }) => similarityTo(points, template));
    return this.finder.crops(pixels, similarities, template);
  }
}
