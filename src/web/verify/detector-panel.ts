/** Which detector finds faces, and a place to bring another one. */

import { type ChosenFile, dropZone } from '../parts/drop-zone.ts';
import { element } from '../parts/element.ts';
import { StatusLine } from '../parts/status.ts';
import { detectorText, whereDetectorsAre } from './photograph-texts.ts';

export class DetectorPanel {
  readonly element: HTMLDetailsElement;
  readonly status = new StatusLine();
  private readonly summary = element('summary', {});
  private wasWanted = false;

  constructor(onFiles: (files: ChosenFile[]) => void) {
    this.element = element(
      'details',
      { class: 'detector' },
      this.summary,
      dropZone({
        title: 'Drop the files of a detector',
        button: 'Choose a detector’s files',
        folderButton: 'Choose its folder',
        multiple: true,
        hint: whereDetectorsAre,
        onFiles,
      }),
      this.status.element,
    );
  }

  /** @param isWanted whether photographs wait for a detector: then the place is shown */
  show(name: string | undefined, isBuiltIn: boolean, isWanted: boolean): void {
    this.summary.textContent = detectorText(name, isBuiltIn);
    if (isWanted && !this.wasWanted) this.element.open = true;
    this.wasWanted = isWanted;
  }
}
