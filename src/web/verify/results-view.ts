import type { StoredCalibration } from '../../normface/embedding/stored-calibration.ts';
import type { StoredThreshold } from '../../normface/embedding/stored-threshold.ts';
import type { Features } from '../../normface/evaluation/features.ts';
import type { MergeName } from '../../normface/evaluation/merge.ts';
import { encodeSafetensors, float32Tensor } from '../../normface/training/checkpoint/safetensors.ts';
import { onThemeChange } from '../parts/colours.ts';
import { button, element } from '../parts/element.ts';
import { formatFixed } from '../parts/format.ts';
import { save } from '../parts/save.ts';
import { cosineMatrix, type Decision, decisionFor, surenessOf, type TypedThreshold } from './comparison.ts';
import { drawStrip, faceCanvas, featureStrip } from './faces-view.ts';
import { cautionsOf } from './likeness.ts';
import { matrixView } from './matrix-view.ts';
import { pairView } from './pair-view.ts';
import type { Picture } from './pictures.ts';

/** What the results are made of. */
export interface Results {
  readonly faces: readonly {
    readonly source: { readonly name: string; readonly isSample: boolean };
    readonly picture: Picture;
  }[];
  /** Merged features of the faces; undefined while some are missing. */
  readonly features: Features | undefined;
  readonly merge: MergeName;
  readonly stored: StoredThreshold | undefined;
  readonly calibration: StoredCalibration | undefined;
  readonly typed: TypedThreshold;
  /** The data that the net was trained on, where it says so. */
  readonly trainedOn: string | undefined;
  /** What is missing, in a sentence. */
  readonly waitsFor: string;
}

/** The lower part of the page: a pair, the matrix of all pairs, and the features. */
export class ResultsView {
  readonly element: HTMLElement;
  /** What stays in sight while a cell of the matrix is chosen. */
  private readonly pair = element('div', { class: 'pair-place' });
  private readonly pairDetail = element('div');
  private readonly matrix = element('div');
  private readonly strips = element('div');
  private readonly waiting = element('p', { class: 'soft' });
  private readonly save = button('Save the features', () => this.download());
  private selected: [number, number] = [0, 1];
  private shown: Results | undefined;
  private redrawStrips: () => void = () => {};

  constructor(signal: AbortSignal, controls: HTMLElement) {
    this.element = element(
      'section',
      { class: 'panel results', 'aria-label': 'Result' },
      element('div', { class: 'panel-head' }, element('h2', {}, '3. The result'), this.save),
      controls,
      this.waiting,
      this.pair,
      this.pairDetail,
      this.matrix,
      this.strips,
    );
    onThemeChange(signal, () => this.redrawStrips());
  }

  show(results: Results): void {
    this.shown = results;
    const { features, waitsFor } = results;
    this.waiting.textContent = features ? '' : waitsFor;
    this.waiting.hidden = features !== undefined || waitsFor === '';
    this.save.hidden = !features;
    for (const part of [this.pair, this.pairDetail, this.matrix, this.strips]) part.replaceChildren();
    if (features) this.fill(results, features);
    this.element.dataset.merge = features ? results.merge : '';
  }

  private fill(results: Results, features: Features): void {
    const { faces, merge, stored, typed, calibration } = results;
    const decision = decisionFor(merge, stored, typed, calibration);
    const cosines = cosineMatrix(features);
    const count = faces.length;
    if (Math.max(...this.selected) >= count) this.selected = [0, 1];
    const showPair = (a: number, b: number): void => {
      this.selected = [a, b];
      this.showPair(results, cosines[a * count + b]!, decision);
    };
    showPair(...this.selected);
    if (count > 2)
      this.matrix.replaceChildren(
        element('h3', {}, 'All pairs'),
        element(
          'p',
          { class: 'soft small' },
          decision.threshold === undefined
            ? 'Choose a cell to see its pair above; arrow keys move.'
            : 'Framed: the same person, dashed where that is doubtful. Choose a cell to see its pair above; arrow keys move.',
        ),
        matrixView({
          names: faces.map(({ source }) => source.name),
          cosines,
          threshold: decision.threshold,
          isSure: (row, column) =>
            surenessOf(cosines[row * count + column]!, decision)?.level === 'sure' &&
            this.cautionsOf(results, [row, column]).length === 0,
          selected: this.selected,
          thumbnail: (face) => faceCanvas(faces[face]!.picture),
          onSelect: showPair,
        }),
      );
    this.showStrips(faces, features);
  }

  private showPair(results: Results, cosine: number, decision: Decision): void {
    const [a, b] = this.selected.map((index) => {
      const { source, picture } = results.faces[index]!;
      const number = index + 1;
      return { number, name: source.name, canvas: faceCanvas(picture, `face ${number}`) };
    });
    const { head, detail } = pairView([a!, b!], cosine, decision, this.cautionsOf(results, this.selected));
    this.pair.replaceChildren(head);
    this.pairDetail.replaceChildren(detail);
  }

  /** What speaks against believing the verdict on a pair. */
  private cautionsOf({ faces, trainedOn }: Results, pair: readonly [number, number]): string[] {
    const judged = [...new Set(pair)].map((index) => {
      const { source, picture } = faces[index]!;
      return { number: index + 1, isSample: source.isSample, picture };
    });
    return cautionsOf(judged, trainedOn);
  }

  /** The merged features themselves: who they look like is told by their directions, how sure the net is by their lengths. */
  private showStrips(faces: Results['faces'], { values, dimension }: Features): void {
    const rows = faces.map((_, i) => values.subarray(i * dimension, (i + 1) * dimension));
    const strips = rows.map((row, i) => featureStrip(row, `feature of face ${i + 1}`));
    this.redrawStrips = () => {
      for (const [i, strip] of strips.entries()) drawStrip(strip, rows[i]!);
    };
    this.strips.replaceChildren(
      element('h3', {}, 'Features'),
      element(
        'p',
        { class: 'soft small' },
        `${dimension} numbers a face, blue above zero and orange below; on the right the length, which the cosine does not see.`,
      ),
      element(
        'ol',
        { class: 'strip-list' },
        ...strips.map((strip, i) =>
          element(
            'li',
            {},
            element('span', { class: 'strip-name' }, String(i + 1)),
            strip,
            element('span', { class: 'strip-norm' }, formatFixed(Math.hypot(...rows[i]!), 2)),
          ),
        ),
      ),
    );
  }

  /** The same file as `normface embed` writes. */
  private download(): void {
    const { features, faces, merge } = this.shown ?? {};
    if (!features || !faces || !merge) return;
    const { values, dimension } = features;
    const bytes = encodeSafetensors(
      new Map([['features', float32Tensor(values, [faces.length, dimension])]]),
      { merge, images: JSON.stringify(faces.map(({ source }) => source.name)) },
    );
    save(bytes, 'features.safetensors');
  }
}
