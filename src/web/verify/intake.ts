/** What somebody brings: aligned crops become faces as they are, in photographs faces are looked for. */

import type { Pixels } from '../../normface/data/images/resample.ts';
import type { ChosenFile } from '../parts/drop-zone.ts';
import type { FaceFinder } from './face-finder.ts';
import { type FaceSet, tooMany } from './face-set.ts';
import { type FaceSource, faceOfFile } from './face-source.ts';
import { Photograph } from './photograph.ts';
import { leftOutText, lookedText, waitsText } from './photograph-texts.ts';
import { kindOf, type PictureKind, type PictureMode } from './picture-kind.ts';
import { decodePixels, type Size } from './pictures.ts';

/** An image file, or a picture of the camera. */
export interface Incoming {
  readonly name: string;
  readonly file: Blob;
  /** Pictures of the camera are photographs, whatever their size. */
  readonly isFromCamera: boolean;
}

export function incomingOf({ path, file }: ChosenFile): Incoming {
  return { name: path.slice(path.lastIndexOf('/') + 1), file, isFromCamera: false };
}

/** A picture that was taken in. */
interface Brought extends Incoming {
  readonly size: Size;
  kind: PictureKind;
  /** Of a photograph. */
  photograph?: Photograph;
  /** Its faces. */
  sources: readonly FaceSource[];
}

/** Says what is being done. */
export type OnProgress = (text: string) => void;

export class Intake {
  mode: PictureMode = 'size';
  private readonly finder: FaceFinder;
  private readonly faces: FaceSet;
  private brought: Brought[] = [];

  constructor(finder: FaceFinder, faces: FaceSet) {
    this.finder = finder;
    this.faces = faces;
  }

  get photographs(): readonly Photograph[] {
    return this.brought.flatMap(({ photograph }) => photograph ?? []);
  }

  /** Whether faces were not looked for in photographs, since there is no detector. */
  get isWaiting(): boolean {
    return this.finder.detectorName === undefined && this.photographs.length > 0;
  }

  /**
   * Takes pictures in.
   * @param net size of the net's images; undefined while there is none
   * @param size for which faces are laid ready
   * @returns what is wrong with some of them, a sentence each
   */
  async take(
    incoming: readonly Incoming[],
    net: Size | undefined,
    size: Size,
    onProgress: OnProgress,
  ): Promise<string[]> {
    const refusal = tooMany(incoming.length, this.faces.all.length);
    if (refusal) return [refusal];
    const failures: string[] = [];
    for (const one of incoming) {
      try {
        const whole = await decodePixels(one.name, one.file);
        const original = { width: whole.width, height: whole.height };
        const kind = one.isFromCamera ? 'photograph' : kindOf(original, net, this.mode);
        const brought: Brought = { ...one, size: original, kind, sources: [] };
        this.brought.push(brought);
        failures.push(...(await this.place(brought, size, onProgress, whole)));
      } catch (error) {
        failures.push((error as Error).message);
      }
    }
    return failures;
  }

  /** Judges all pictures again: the net is another one, or somebody says what they are. */
  async judgeAgain(net: Size | undefined, size: Size, onProgress: OnProgress): Promise<string[]> {
    const failures: string[] = [];
    for (const brought of this.brought) {
      const kind = brought.isFromCamera ? 'photograph' : kindOf(brought.size, net, this.mode);
      if (kind === brought.kind) continue;
      this.faces.removeAllOf(brought.sources);
      brought.kind = kind;
      brought.photograph = undefined;
      brought.sources = [];
      failures.push(...(await this.place(brought, size, onProgress)));
    }
    return failures;
  }

  /** Looks for faces in photographs, with a detector that is new: in those that wait for one, or again in all. */
  async lookAgain(size: Size, onProgress: OnProgress): Promise<string[]> {
    const failures: string[] = [];
    for (const brought of this.brought) {
      if (!brought.photograph) continue;
      this.faces.removeAllOf(brought.sources);
      failures.push(...(await this.look(brought, brought.photograph, size, onProgress)));
    }
    return failures;
  }

  /** Removes a photograph with its faces. */
  remove(photograph: Photograph): void {
    for (const brought of this.brought)
      if (brought.photograph === photograph) this.faces.removeAllOf(brought.sources);
    this.brought = this.brought.filter((brought) => brought.photograph !== photograph);
  }

  /** A face was removed: a crop is gone with it, a photograph stays. */
  forget(source: FaceSource): void {
    this.brought = this.brought.filter(
      ({ kind, sources }) => kind === 'photograph' || !sources.includes(source),
    );
  }

  private async place(
    brought: Brought,
    size: Size,
    onProgress: OnProgress,
    whole?: Pixels,
  ): Promise<string[]> {
    const { name, file } = brought;
    if (brought.kind === 'aligned') {
      brought.sources = [faceOfFile(name, file)];
      return this.faces.take(brought.sources, size);
    }
    const pixels = whole ?? (await decodePixels(name, file));
    brought.photograph = new Photograph(name, file, pixels, this.finder);
    if (this.finder.detectorName !== undefined)
      return this.look(brought, brought.photograph, size, onProgress, pixels);
    onProgress(waitsText(name));
    return [];
  }

  private async look(
    brought: Brought,
    photograph: Photograph,
    size: Size,
    onProgress: OnProgress,
    whole?: Pixels,
  ): Promise<string[]> {
    onProgress(`looking for faces in ${photograph.name}`);
    await photograph.look(size, whole);
    brought.sources = photograph.sources;
    const { length } = photograph.sources;
    onProgress(lookedText(photograph.name, length));
    if (length === 0) return [lookedText(photograph.name, 0)];
    const shown = photograph.sources.slice(0, this.faces.room);
    const failures = await this.faces.take(shown, size);
    const leftOut = length - shown.length;
    return leftOut > 0 ? [...failures, leftOutText(photograph.name, leftOut)] : failures;
  }
}
