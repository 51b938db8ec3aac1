import { UserError } from '../../../normface/errors.ts';
import type { Features } from '../../../normface/evaluation/features.ts';
import { type MergeName, mergeNames } from '../../../normface/evaluation/merge.ts';
import type { StoredThreshold } from '../../../normface/training/stored-threshold.ts';
import type { Page, PageContext } from '../page.ts';
import { type ChosenFile, dropZone } from '../parts/drop-zone.ts';
import { element } from '../parts/element.ts';
import { formatDuration } from '../parts/format.ts';
import { StatusLine } from '../parts/status.ts';
import { embedPictures, type OpenCheckpoint, openCheckpoint, readThreshold } from './checkpoint.ts';
import { pickFiles } from './checkpoint-files.ts';
import { type FaceFeatures, mergeFaces } from './comparison.ts';
import { controls } from './controls.ts';
import { faceList } from './faces-view.ts';
import { canvasIsExact, decodePicture, type Picture, type Size } from './pictures.ts';
import { ResultsView } from './results-view.ts';

/** A face on the page. */
export interface Face {
  readonly chosen: ChosenFile;
  readonly name: string;
  picture: Picture;
  features?: FaceFeatures;
}

/** More would make a table that nobody reads. */
const mostFaces = 32;

/** Until a checkpoint says otherwise: the usual aligned crop. */
const usualSize: Size = { width: 96, height: 112 };

export class VerifyPage implements Page {
  private readonly context: PageContext;
  private readonly checkpointStatus = new StatusLine();
  private readonly facesStatus = new StatusLine();
  private readonly faceBox = element('div', { class: 'face-list' });
  private readonly results: ResultsView;
  private readonly controls = controls(
    (merge) => this.changeMerge(merge),
    (threshold) => this.changeThreshold(threshold),
  );
  private checkpoint: OpenCheckpoint | undefined;
  private stored: StoredThreshold | undefined;
  private faces: Face[] = [];
  private merge: MergeName;
  /** Whether the merge was chosen here; if not, that of a stored threshold is taken over. */
  private mergeIsChosen: boolean;
  private typedThreshold: number | undefined;
  /** Files are taken and embedded one after the other, in the order in which they came. */
  private work: Promise<void> = Promise.resolve();

  constructor(root: HTMLElement, context: PageContext) {
    this.context = context;
    const named = mergeNames.find((name) => name === context.parameters.get('merge'));
    this.merge = named ?? 'sum';
    this.mergeIsChosen = named !== undefined;
    const typed = Number.parseFloat(context.parameters.get('threshold') ?? '');
    this.typedThreshold = Math.abs(typed) <= 1 ? typed : undefined;
    this.results = new ResultsView(context.signal, this.controls.element);
    root.append(...this.layout());
    this.update();
  }

  dispose(): void {
    this.checkpoint?.embedder.dispose();
    this.checkpoint = undefined;
  }

  private layout(): HTMLElement[] {
    const receive = (files: ChosenFile[]) => this.receive(files);
    const head = element(
      'div',
      { class: 'page-head' },
      element('h1', {}, 'Verify'),
      element(
        'p',
        { class: 'lead' },
        'Do two images show the same person? A net that normface trained says how alike they are. ',
        element('strong', { class: 'promise' }, 'Images never leave this page.'),
      ),
    );
    const checkpoint = element(
      'section',
      { class: 'panel', 'aria-label': 'Checkpoint' },
      element('h2', {}, '1. A checkpoint'),
      dropZone({
        title: 'Drop a run folder, or its weights.safetensors and threshold.json',
        button: 'Choose files',
        folderButton: 'Choose a run folder',
        accept: '.safetensors,.json',
        multiple: true,
        onFiles: receive,
      }),
      this.checkpointStatus.element,
    );
    const faces = element(
      'section',
      { class: 'panel', 'aria-label': 'Faces' },
      element('h2', {}, '2. Two or more faces'),
      dropZone({
        title: 'Drop images of faces, cropped like the training images',
        button: 'Choose images',
        accept: 'image/*,.pgm,.ppm',
        multiple: true,
        hint: 'Turned upright, scaled (bicubic) to cover the size of the net and cropped at the centre, never stretched: as normface verify does it.',
        onFiles: receive,
      }),
      this.facesStatus.element,
    );
    const warning = canvasIsExact()
      ? ''
      : element(
          'p',
          { class: 'panel notice' },
          'This browser alters what a page reads from pictures, a protection against fingerprinting: cosines will be a little off.',
        );
    const parts = [head, warning, element('div', { class: 'columns' }, checkpoint, faces), this.faceBox];
    return [...parts.filter((part) => part !== ''), this.results.element] as HTMLElement[];
  }

  // ---- files -----------------------------------------------------------------------------------------------------------

  private receive(files: ChosenFile[]): void {
    this.enqueue(this.checkpointStatus, async () => {
      const { weights, threshold, others } = pickFiles(files);
      if (threshold) await this.takeThreshold(threshold);
      // A threshold belongs to the weights it came with.
      else if (weights) this.stored = undefined;
      if (weights) await this.takeCheckpoint(weights);
      if (others.length > 0) this.enqueue(this.facesStatus, () => this.takeFaces(others));
      else if (!weights && !threshold) throw new UserError('there are no files in what was dropped');
      this.enqueue(this.facesStatus, () => this.embed());
    });
  }

  /** Runs a task after those before it; what it throws is said on a status line. */
  private enqueue(status: StatusLine, task: () => Promise<void>): void {
    this.work = this.work.then(async () => {
      if (this.context.signal.aborted) return;
      try {
        await task();
      } catch (error) {
        if (!this.context.signal.aborted) status.fail(error);
      }
      if (!this.context.signal.aborted) this.update();
    });
  }

  private async takeThreshold(file: ChosenFile): Promise<void> {
    this.stored = await readThreshold(file);
    if (!this.mergeIsChosen) this.merge = this.stored.merge;
    this.describeCheckpoint();
  }

  private async takeCheckpoint(file: ChosenFile): Promise<void> {
    this.checkpointStatus.busy(`opening ${file.path}`);
    const device = await this.context.device();
    const opened = await openCheckpoint(device, file);
    if (this.context.signal.aborted) {
      opened.embedder.dispose();
      return;
    }
    const before = this.checkpoint?.embedder ?? usualSize;
    this.checkpoint?.embedder.dispose();
    this.checkpoint = opened;
    this.describeCheckpoint();
    const { width, height } = opened.embedder;
    const resized = before.width !== width || before.height !== height;
    for (const face of this.faces) {
      face.features = undefined;
      if (resized) face.picture = await decodePicture(face.name, face.chosen.file, { width, height });
    }
  }

  private describeCheckpoint(): void {
    const threshold = this.stored && `threshold ${this.stored.threshold.toFixed(4)}`;
    if (!this.checkpoint) {
      this.checkpointStatus.say(threshold ? `${threshold}; the weights are still missing` : '');
      return;
    }
    const { path, net, step, embedder } = this.checkpoint;
    const { width, height, dimension } = embedder;
    const after = step === undefined ? '' : ` after ${step} steps`;
    this.checkpointStatus.say(
      `${path}: net ${net}${after}, images ${width} × ${height}, features of ${dimension} numbers, ${threshold ?? 'no threshold'}`,
    );
  }

  private async takeFaces(files: readonly ChosenFile[]): Promise<void> {
    const { width, height } = this.checkpoint?.embedder ?? usualSize;
    const room = mostFaces - this.faces.length;
    if (files.length > room)
      throw new UserError(
        `${files.length} images are too many: the page compares up to ${mostFaces}, and has ${this.faces.length}`,
      );
    const failures: string[] = [];
    for (const chosen of files) {
      const name = chosen.path.slice(chosen.path.lastIndexOf('/') + 1);
      try {
        this.faces.push({ chosen, name, picture: await decodePicture(name, chosen.file, { width, height }) });
      } catch (error) {
        failures.push((error as Error).message);
      }
    }
    if (failures.length > 0) throw new UserError(failures.join('; '));
    this.facesStatus.clear();
  }

  private removeFace(face: Face): void {
    this.faces = this.faces.filter((other) => other !== face);
    this.facesStatus.clear();
    this.update();
  }

  // ---- features and results ---------------------------------------------------------------------------------------------

  private async embed(): Promise<void> {
    if (!this.checkpoint) return;
    const mirror = this.merge !== 'front';
    const missing = this.faces.filter(({ features }) => !features || (mirror && !features.mirrored));
    if (missing.length === 0) return;
    const before = this.facesStatus.element.cloneNode(true) as HTMLElement;
    const progress = (done: number) =>
      this.facesStatus.busy(`embedding ${done} of ${missing.length}${mirror ? ', with mirror images' : ''}`);
    progress(0);
    const started = performance.now();
    const pictures = missing.map(({ picture }) => picture);
    const features = await embedPictures(this.checkpoint.embedder, pictures, {
      mirror,
      onProgress: progress,
    });
    missing.forEach((face, i) => {
      face.features = features[i];
    });
    // What went wrong with some of the files is worth more than how long the others took.
    if (before.dataset.kind === 'error') this.facesStatus.fail(before.textContent);
    else
      this.facesStatus.say(
        `${features.length} ${features.length === 1 ? 'image' : 'images'} embedded in ${formatDuration(performance.now() - started)}`,
      );
  }

  private changeMerge(merge: MergeName): void {
    this.merge = merge;
    this.mergeIsChosen = true;
    this.shareState();
    this.enqueue(this.facesStatus, () => this.embed());
  }

  private changeThreshold(threshold: number | undefined): void {
    this.typedThreshold = threshold;
    this.shareState();
    this.update();
  }

  private shareState(): void {
    const parameters = new URLSearchParams();
    if (this.mergeIsChosen) parameters.set('merge', this.merge);
    if (this.typedThreshold !== undefined) parameters.set('threshold', String(this.typedThreshold));
    this.context.replaceParameters(parameters);
  }

  private update(): void {
    const { faces, merge, stored, typedThreshold } = this;
    this.controls.set(merge, typedThreshold, stored?.merge === merge ? stored.threshold : undefined);
    this.faceBox.replaceChildren(
      ...(faces.length > 0 ? [faceList(faces, (face) => this.removeFace(face))] : []),
    );
    this.results.show({
      faces,
      features: this.features(),
      merge,
      stored,
      typedThreshold,
      waitsFor: this.waitsFor(),
    });
  }

  /** Merged features of all faces, once all are there. */
  private features(): Features | undefined {
    const embedded = this.faces.flatMap(({ features }) => features ?? []);
    const complete =
      embedded.length === this.faces.length &&
      (this.merge === 'front' || embedded.every(({ mirrored }) => mirrored));
    if (!complete || embedded.length < 2) return undefined;
    try {
      return mergeFaces(embedded, this.merge);
    } catch (error) {
      this.facesStatus.fail(error); // the net of a diverged run
      return undefined;
    }
  }

  private waitsFor(): string {
    const { length } = this.faces;
    if (!this.checkpoint)
      return length < 2 ? 'A checkpoint and two faces are needed.' : 'A checkpoint is needed.';
    if (length === 0) return 'Two faces are needed.';
    return length === 1 ? 'One more face is needed: a cosine compares two.' : '';
  }
}
