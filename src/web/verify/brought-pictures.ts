/** The part of the page Verify that takes pictures in: files and the camera, detectors, photographs with their boxes. */

import type { Device } from '../../engine/core/tensor.ts';
import type { ChosenFile } from '../parts/drop-zone.ts';
import { element } from '../parts/element.ts';
import type { StatusLine } from '../parts/status.ts';
import { Camera } from './camera.ts';
import { DetectorPanel } from './detector-panel.ts';
import { FaceFinder } from './face-finder.ts';
import type { FaceSet } from './face-set.ts';
import type { FaceSource } from './face-source.ts';
import { type Incoming, Intake, type OnProgress } from './intake.ts';
import type { Photograph } from './photograph.ts';
import { missingText } from './photograph-texts.ts';
import { photographList } from './photograph-view.ts';
import type { PictureMode } from './picture-kind.ts';
import { pictureModeChoice } from './picture-mode.ts';
import type { Size } from './pictures.ts';

/** Until a checkpoint says otherwise: the usual aligned crop. */
export const usualSize: Size = { width: 96, height: 112 };

/** What the part needs of the page. */
export interface PicturesHost {
  readonly faces: FaceSet;
  readonly facesStatus: StatusLine;
  device(): Promise<Device>;
  /** Size of the images of the net; undefined while there is none. */
  netSize(): Size | undefined;
  /** Runs a task after those before it; what it throws is said on a status line. */
  enqueue(status: StatusLine, task: () => Promise<void>): void;
  /** Embeds the faces that are new. */
  embed(): Promise<void>;
  /** Shows what there is now. */
  update(): void;
  /** Files were dropped where those of a detector belong. */
  onFiles(files: ChosenFile[], zone: StatusLine): void;
  /** Somebody has said what pictures are. */
  onMode(): void;
}

export class BroughtPictures {
  readonly camera: Camera;
  /** Photographs with the boxes of their faces. */
  readonly photographBox = element('div', { class: 'photograph-list' });
  private readonly host: PicturesHost;
  private readonly finder: FaceFinder;
  private readonly intake: Intake;
  private readonly detectorPanel: DetectorPanel;
  private readonly modeChoice = pictureModeChoice((mode) => this.changeMode(mode));

  constructor(host: PicturesHost) {
    this.host = host;
    this.finder = new FaceFinder(() => host.device());
    this.intake = new Intake(this.finder, host.faces);
    this.detectorPanel = new DetectorPanel((files) => host.onFiles(files, this.detectorPanel.status));
    this.camera = new Camera(host.facesStatus, (name, file) =>
      this.take([{ name, file, isFromCamera: true }], host.facesStatus),
    );
  }

  /** The place for a detector, and which one is used. */
  get detector(): HTMLElement {
    return this.detectorPanel.element;
  }

  /** The choice of what pictures are. */
  get pictureMode(): HTMLElement {
    return this.modeChoice.element;
  }

  get mode(): PictureMode {
    return this.intake.mode;
  }

  set mode(mode: PictureMode) {
    this.intake.mode = mode;
  }

  /** Takes pictures in, finds faces in those that are photographs, and embeds all. @param zone where it is said what is wrong */
  take(incoming: readonly Incoming[], zone: StatusLine): void {
    const { host } = this;
    host.enqueue(zone, async () => {
      if (incoming.length > 0) host.facesStatus.clear();
      await this.workAndEmbed(zone, (net, size, onProgress) =>
        this.intake.take(incoming, net, size, onProgress),
      );
    });
  }

  /** Takes files of a detector, and looks for faces with it once all are there. */
  takeDetector(files: readonly ChosenFile[]): void {
    const { status } = this.detectorPanel;
    this.host.enqueue(status, async () => {
      status.busy('opening the detector');
      const missing = await this.finder.bring(files);
      status.say(missing.length > 0 ? missingText(missing) : 'the detector is ready');
      if (missing.length > 0) return;
      await this.workAndEmbed(this.host.facesStatus, (_, size, onProgress) =>
        this.intake.lookAgain(size, onProgress),
      );
    });
  }

  /** The net or what pictures are taken for has changed. */
  judgeAgain(): void {
    const { facesStatus } = this.host;
    this.host.enqueue(facesStatus, () =>
      this.workAndEmbed(facesStatus, (net, size, onProgress) =>
        this.intake.judgeAgain(net, size, onProgress),
      ),
    );
  }

  /** A face was removed from the list. */
  forget(source: FaceSource): void {
    this.intake.forget(source);
  }

  show(): void {
    const { finder, intake } = this;
    const { photographs, isWaiting } = intake;
    this.modeChoice.set(intake.mode);
    this.detectorPanel.show(finder.detectorName, finder.isBuiltIn, isWaiting);
    const faces = this.host.faces.all;
    const numberOf = (photograph: Photograph, face: number): number =>
      faces.findIndex(({ source }) => source === photograph.sources[face]) + 1;
    const onRemove = (photograph: Photograph): void => {
      intake.remove(photograph);
      this.host.facesStatus.clear();
      this.host.update();
    };
    this.photographBox.replaceChildren(
      ...(photographs.length > 0 ? [photographList(photographs, { isWaiting, numberOf, onRemove })] : []),
    );
  }

  /** Nobody is filmed behind another page. */
  hide(): void {
    this.camera.stop();
  }

  dispose(): void {
    this.camera.stop();
    this.finder.dispose();
  }

  private changeMode(mode: PictureMode): void {
    this.intake.mode = mode;
    this.host.onMode();
    this.host.facesStatus.clear();
    this.judgeAgain();
  }

  /** Does something to pictures and embeds what is new; what was wrong is said at the end, on a status line. */
  private async workAndEmbed(
    zone: StatusLine,
    work: (net: Size | undefined, size: Size, onProgress: OnProgress) => Promise<string[]>,
  ): Promise<void> {
    const { facesStatus } = this.host;
    const net = this.host.netSize();
    let done = '';
    const failures = await work(net, net ?? usualSize, (text) => {
      done = text;
      facesStatus.busy(text);
      this.host.update();
    });
    if (done) facesStatus.say(done);
    await this.host.embed();
    if (failures.length > 0) zone.fail(failures.join('; '));
  }
}
