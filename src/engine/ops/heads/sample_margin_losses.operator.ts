/** Softmax with margins that every sample has of its own. */

import { defineOperator, type InputSpec, type ReferenceArray } from '../../core/operator.ts';
import type { Device } from '../../core/tensor.ts';
import { retained } from '../../testing/cleanup.ts';
import { headCost, headInputs } from './class_head.ts';
import { dot, rowOf, scoreMatrix } from './class_scores.reference.ts';
import { crossEntropyReference } from './cross_entropy.reference.ts';
import { marginSoftmaxLoss } from './margin_softmax_loss.ts';
import type { SampleMargin } from './sample_margin.ts';
import {
  regulariserReference,
  type SampleMarginNumbers,
  sampleMarginedReference,
  sampleMarginsReference,
} from './sample_margins.reference.ts';

interface Attributes {
  readonly margin: SampleMarginNumbers;
  readonly scale: number;
  readonly seed?: number;
  readonly step?: number;
  readonly firstRow?: number;
  readonly normaliseFeatures?: boolean;
  readonly labelSmoothing?: number;
}

/** A margin as the operator takes it: the lengths that AdaFace keeps in a tensor. */
function marginOn(device: Device, margin: SampleMarginNumbers): SampleMargin {
  if (margin.kind !== 'adaptive') return margin;
  return { ...margin, running: retained(device, [...margin.running], [margin.running.length], 'f32') };
}

/** The loss in float64, of definitions with angles. */
export function sampleMarginLossReference(
  [features, weights, labels]: readonly ReferenceArray[],
  { margin, scale, labelSmoothing, ...random }: Attributes,
): ReferenceArray {
  const cosines = scoreMatrix(features!, weights!);
  const norms = cosines.map((_, i) => Math.sqrt(dot(rowOf(features!, i), rowOf(features!, i)) + 1e-12));
  const own = cosines.map((row, i) => row[labels!.data[i]!]!);
  const margins = sampleMarginsReference(margin, { norms, cosines: own, ...random });
  const logits = cosines.map((row, i) =>
    row.map(
      (cosine, j) =>
        scale * (j === labels!.data[i] ? sampleMarginedReference(margin, cosine, margins[i]!) : cosine),
    ),
  );
  const loss = crossEntropyReference(logits, labels!, labelSmoothing);
  loss.data[0]! += regulariserReference(margin, norms);
  return loss;
}

const common = {
  family: 'loss',
  apply: (
    [features, weights, labels]: Parameters<Parameters<typeof defineOperator<Attributes>>[0]['apply']>[0],
    { margin, scale, seed = 0, step = 0, firstRow = 0, normaliseFeatures = true, labelSmoothing }: Attributes,
  ) => {
    features!.device.setRandom(seed, step, firstRow);
    return marginSoftmaxLoss(features!, weights!, labels!, {
      margin: marginOn(features!.device, margin),
      scale,
      normaliseFeatures,
      labelSmoothing,
    });
  },
  reference: sampleMarginLossReference,
  cost: headCost,
} as const;

/** The margins of AdaFace are constants to the gradient of the features, which finite differences of the reference do not take them for. */
const lengthsFixed = (inputs: InputSpec[]): InputSpec[] =>
  inputs.map((input, i) => (i === 0 ? { ...input, differentiable: false } : input));

const adaptive = { kind: 'adaptive', margin: 0.4, alpha: 0, running: [2.4, 0.6] } as const;
const magnitude = { kind: 'magnitude', margins: [0.45, 0.8], norms: [1.5, 3.5], regulariser: 3 } as const;
const arc = { kind: 'elastic', of: 'angle', margin: 0.5, deviation: 0.05 } as const;
const cos = { kind: 'elastic', of: 'cosine', margin: 0.35, deviation: 0.1 } as const;

export const sampleMarginLossOperator = defineOperator<Attributes>({
  name: 'sampleMarginLoss',
  ...common,
  cases: [
    { inputs: lengthsFixed(headInputs(5, 7, 6)), attributes: { margin: adaptive, scale: 16 } },
    { inputs: lengthsFixed(headInputs(67, 130, 37)), attributes: { margin: adaptive, scale: 8 } },
    {
      // In few dimensions many angles end at 0 or π, where the gradient does.
      inputs: lengthsFixed(headInputs(40, 65, 3)),
      attributes: { margin: { ...adaptive, margin: 1.1, concentration: -2 }, scale: 6 },
    },
    {
      inputs: lengthsFixed(headInputs(9, 11, 5, 'extremeRows')),
      attributes: { margin: adaptive, scale: 10 },
    },
    { inputs: headInputs(5, 7, 6), attributes: { margin: magnitude, scale: 16 } },
    { inputs: headInputs(5, 7, 6), attributes: { margin: magnitude, scale: 6, labelSmoothing: 0.2 } },
    { inputs: headInputs(67, 130, 37), attributes: { margin: { ...magnitude, norms: [4, 8] }, scale: 8 } },
    {
      inputs: headInputs(40, 65, 3),
      attributes: {
        margin: { ...magnitude, margins: [0.6, 1.3], norms: [0.8, 2.5], easy: false },
        scale: 6,
      },
    },
    {
      inputs: headInputs(9, 11, 5, 'extremeRows'),
      attributes: { margin: { ...magnitude, easy: false }, scale: 10 },
    },
    {
      inputs: headInputs(5, 7, 6),
      attributes: { margin: arc, scale: 16, seed: 0xfedcba98, step: 1_000_003 },
    },
    {
      // Angles past π, and margins below 0.
      inputs: headInputs(40, 65, 3),
      attributes: { margin: { ...arc, deviation: 0.8, clamped: true }, scale: 6, firstRow: 11 },
    },
    { inputs: headInputs(67, 130, 37), attributes: { margin: { ...arc, assignment: 'sorted' }, scale: 10 } },
    { inputs: headInputs(5, 7, 6), attributes: { margin: cos, scale: 16, step: 2 } },
    {
      inputs: headInputs(40, 65, 3),
      attributes: { margin: { ...cos, assignment: 'sorted' }, scale: 8, step: 4, firstRow: 200 },
    },
    {
      inputs: headInputs(40, 65, 3),
      attributes: { margin: { ...cos, assignment: 'released', clamped: true }, scale: 10 },
    },
  ],
  misuses: [
    {
      inputs: headInputs(2, 4, 3),
      attributes: { margin: { ...adaptive, margin: 2 }, scale: 1 },
      message: /marginSoftmaxLoss: the margin must be a number from 0 to below 2, not 2/,
    },
    {
      inputs: headInputs(2, 4, 3),
      attributes: { margin: { ...adaptive, concentration: Number.NaN }, scale: 1 },
      message: /the concentration must be a finite number, not NaN/,
    },
    {
      inputs: headInputs(2, 4, 3),
      attributes: { margin: { ...adaptive, alpha: 1.5 }, scale: 1 },
      message: /alpha must be a number from 0 to 1, not 1.5/,
    },
    {
      inputs: headInputs(2, 4, 3),
      attributes: { margin: { ...adaptive, running: [1] as unknown as [number, number] }, scale: 1 },
      message: /running must be two f32 in a tensor that requires no gradient/,
    },
    {
      inputs: headInputs(2, 4, 3),
      attributes: { margin: { ...magnitude, margins: [0.8, 0.45] }, scale: 1 },
      message: /the margins must be two numbers from 0 to below 3.1416 in order, not \[0.8,0.45\]/,
    },
    {
      inputs: headInputs(2, 4, 3),
      attributes: { margin: { ...magnitude, norms: [0, 5] }, scale: 1 },
      message: /the norms must be two positive numbers in order, not \[0,5\]/,
    },
    {
      inputs: headInputs(2, 4, 3),
      attributes: { margin: { ...magnitude, regulariser: -1 }, scale: 1 },
      message: /the regulariser must be a finite number from 0, not -1/,
    },
    {
      inputs: headInputs(2, 4, 3),
      attributes: { margin: { ...arc, margin: 4 }, scale: 1 },
      message: /the margin must be a number from 0 to below 3.1416, not 4/,
    },
    {
      inputs: headInputs(2, 4, 3),
      attributes: { margin: { ...cos, deviation: Number.POSITIVE_INFINITY }, scale: 1 },
      message: /the deviation must be a finite number from 0, not Infinity/,
    },
    {
      inputs: headInputs(2, 4, 3),
      attributes: { margin: { ...cos, of: 'cos' as 'cosine' }, scale: 1 },
      message: /of must be angle or cosine, not cos/,
    },
    {
      inputs: headInputs(2, 4, 3),
      attributes: { margin: { ...cos, assignment: 'plus' as 'sorted' }, scale: 1 },
      message: /assignment is "random" or "sorted" or "released", not "plus"/,
    },
    {
      inputs: headInputs(2, 4, 3),
      attributes: { margin: cos, scale: 1, normaliseFeatures: false },
      message: /margins of samples are for normalised features/,
    },
  ],
});

/** AdaFace with lengths that a batch moves, from fixed ones on. */
export const movingNormsOperator = defineOperator<Attributes>({
  name: 'movingNormsLoss',
  stateful: true,
  ...common,
  cases: [
    {
      inputs: lengthsFixed(headInputs(33, 40, 8)),
      attributes: { margin: { ...adaptive, alpha: 0.3, running: [20, 100] }, scale: 10 },
    },
    // One sample has no deviation.
    {
      inputs: lengthsFixed(headInputs(1, 33, 3)),
      attributes: { margin: { ...adaptive, alpha: 0.5 }, scale: 10 },
    },
  ],
  misuses: [],
});
