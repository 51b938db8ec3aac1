/** Finds faces in photographs and cuts them out, on the page's device. */

import { load } from 'detector-models';
import { UserError } from '../../common/errors.ts';
import type { Device } from '../../engine/core/tensor.ts';
import { Aligner } from '../../normface/alignment/aligner.ts';
import { DegeneratePointsError, type Similarity, similarityTo } from '../../normface/alignment/similarity.ts';
import { type Template, templates } from '../../normface/alignment/template.ts';
import type { DetectedFace, Detector, RgbaImage } from '../../normface/detection/detector.ts';
import type { ChosenFile } from '../parts/drop-zone.ts';
import { type Assembled, assemble } from './detector-files.ts';

/** Faces that are cut out at once. */
const batchSize = 4;

export class FaceFinder {
  private readonly device: () => Promise<Device>;
  private readonly aligners = new Map<string, Promise<Aligner>>();
  private brought: ChosenFile[] = [];
  private opened: Promise<Detector> | undefined;
  /** Of whoever is open; `face-api` where the page has it itself. */
  private openName: string | undefined = load ? 'face-api' : undefined;

  constructor(device: () => Promise<Device>) {
    this.device = device;
  }

  /** Name of the detector that is used, `mtcnn` or `face-api`; undefined while there is none. */
  get detectorName(): string | undefined {
    return this.openName;
  }

  /** Whether the detector came with the page. */
  get isBuiltIn(): boolean {
    return load !== undefined && this.brought.length === 0;
  }

  /**
   * Takes files of a detector. It is in use once all are there.
   * @returns what is missing
   * @throws UserError when one is damaged; the detector before stays
   */
  async bring(files: readonly ChosenFile[]): Promise<readonly string[]> {
    const all = [...this.brought, ...files];
    const assembled: Assembled<ChosenFile> = assemble(all);
    if ('missing' in assembled) {
      this.brought = all;
      return assembled.missing;
    }
    const { openGivenDetector } = await import('./open-detector.ts');
    const detector = await openGivenDetector(await this.device(), assembled.found);
    this.closeDetector();
    this.opened = Promise.resolve(detector);
    this.openName = detector.name;
    this.brought = all;
    return [];
  }

  /** The faces of a photograph, surest first. @throws UserError when there is no detector */
  async find(image: RgbaImage): Promise<DetectedFace[]> {
    if (!this.opened) {
      if (!load) throw new UserError('there is no detector of faces');
      const { openBuiltInDetector } = await import('./open-detector.ts');
      const opening = this.device().then(openBuiltInDetector);
      this.opened = opening;
      opening.catch(() => {
        // The next photograph tries again, unless another detector was brought meanwhile.
        if (this.opened === opening) this.opened = undefined;
      });
    }
    return (await this.opened).detect(image);
  }

  /** The crops of faces, opaque, as a template wants them. */
  async crops(
    image: RgbaImage,
    similarities: readonly Similarity[],
    template: Template,
  ): Promise<RgbaImage[]> {
    const aligner = await this.aligner(template);
    const crops = await aligner.crops(similarities.map((similarity) => ({ image, similarity })));
    return crops.map(({ width, height, data }) => ({ width, height, data: opaque(data) }));
  }

  private aligner(template: Template): Promise<Aligner> {
    const { name } = template;
    const aligner =
      this.aligners.get(name) ?? this.device().then((device) => new Aligner(device, template, batchSize));
    this.aligners.set(name, aligner);
    aligner.catch(() => this.aligners.delete(name));
    return aligner;
  }

  private closeDetector(): void {
    void this.opened?.then((detector) => detector.dispose()).catch(() => {});
    this.opened = undefined;
  }

  dispose(): void {
    this.closeDetector();
    for (const aligner of this.aligners.values()) void aligner.then((made) => made.dispose()).catch(() => {});
    this.aligners.clear();
  }
}

/** Outside of the photograph crops are black, not transparent. */
function opaque(data: RgbaImage['data']): Uint8Array {
  const pixels = Uint8Array.from(data);
  for (let i = 3; i < pixels.length; i += 4) pixels[i] = 255;
  return pixels;
}

/** Whether the points of a face can be laid on a template, for each of the templates. */
export function isPlausible({ points }: Pick<DetectedFace, 'points'>): boolean {
  try {
    for (const template of Object.values(templates)) similarityTo(points, template);
    return true;
  } catch (error) {
    if (error instanceof DegeneratePointsError) return false;
    throw error;
  }
}
