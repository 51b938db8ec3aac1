/** Figure 3: with a bias some classes sit at the origin, and normalisation scatters them. */

import type { Experiment, Figure } from './experiment.ts';
import { describeToy, digitLegend, featureDots, type Toy, trainToy } from './mnist.node.ts';
import { planePlot } from './plane.node.ts';
import { type ClassSummary, type LabelledPoints, summarise } from './plane-features.ts';
import type { Point2 } from './vectors.ts';

interface Trial {
  readonly seed: number;
  readonly toy: Toy;
  readonly summary: readonly ClassSummary[];
  /** The class whose mean feature is nearest to the origin. */
  readonly nearest: ClassSummary;
  /** Norm of that mean over the mean norm of the other classes' means: the criterion that picks the seed. */
  readonly ratio: number;
}

/** Picks out the class nearest to the origin. */
export function nearestToOrigin(summary: readonly ClassSummary[]): Pick<Trial, 'nearest' | 'ratio'> {
  const nearest = summary.reduce((least, one) => (one.meanNorm < least.meanNorm ? one : least));
  const others = summary.filter((one) => one !== nearest);
  return {
    nearest,
    ratio: nearest.meanNorm / (others.reduce((sum, one) => sum + one.meanNorm, 0) / others.length),
  };
}

export const fig3: Experiment = {
  name: 'fig3',
  title: 'Figure 3: features under softmax with a bias',
  paper:
    'With a bias in the last layer one or two classes of MNIST sit at the origin, and normalising their features scatters them over the whole circle.',
  run: async (laboratory) => {
    const count = Math.max(laboratory.pick({ quick: 3, full: 5 }), laboratory.seeds.length);
    const trials: Trial[] = [];
    for (let seed = 1; seed <= count; seed++) {
      const toy = await trainToy(laboratory, { bias: true, seed });
      const summary = summarise(toy.training);
      trials.push({ seed, toy, summary, ...nearestToOrigin(summary) });
    }
    const chosen = trials.reduce((least, trial) => (trial.ratio < least.ratio ? trial : least));
    const { nearest, summary, toy } = chosen;
    const others = summary.filter((one) => one !== nearest);
    const least = Math.min(...others.map(({ concentration }) => concentration));
    return {
      text: [
        `${describeToy(laboratory)} Softmax with a bias, ${count} seeds; shown is the seed whose smallest class mean is smallest, ` +
          `relative to the mean of the other class means: seed ${chosen.seed} with ${chosen.ratio.toFixed(3)} (all: ${trials.map(({ ratio }) => ratio.toFixed(3)).join(', ')}). ` +
          `Its accuracy is ${(100 * toy.testAccuracy).toFixed(2)} % in the test.`,
        `Nearest to the origin is digit ${nearest.label}: its mean feature has the norm ${nearest.meanNorm.toFixed(2)}, those of the others ` +
          `${Math.min(...others.map(({ meanNorm }) => meanNorm)).toFixed(2)} and more. After normalisation the mean of its features has the norm ` +
          `${nearest.concentration.toFixed(2)} (1: all point one way, 0: scattered evenly), those of the other digits at least ${least.toFixed(2)}.`,
      ],
      tables: [
        {
          stem: 'fig3-seeds',
          columns: ['seed', 'nearest_label', 'mean_norm', 'ratio', 'concentration', 'test_accuracy'],
          rows: trials.map((trial) => [
            trial.seed,
            trial.nearest.label,
            trial.nearest.meanNorm,
            trial.ratio,
            trial.nearest.concentration,
            trial.toy.testAccuracy,
          ]),
        },
        {
          stem: 'fig3-classes',
          columns: ['label', 'bias', 'mean_norm', 'mean_of_norms', 'concentration'],
          rows: summary.map(({ label, meanNorm, norm, concentration }) => [
            label,
            toy.bias[label],
            meanNorm,
            norm,
            concentration,
          ]),
          display: {
            title: `Classes of seed ${chosen.seed}`,
            columns: ['digit', 'bias', 'norm of the mean', 'mean of the norms', 'concentration'].map(
              (header) => ({
                header,
                align: 'right' as const,
              }),
            ),
            rows: summary.map(({ label, meanNorm, norm, concentration }) => [
              String(label),
              toy.bias[label].toFixed(2),
              meanNorm.toFixed(2),
              norm.toFixed(2),
              concentration.toFixed(3),
            ]),
            notes: ['Concentration: norm of the mean of the normalised features.'],
          },
        },
        {
          stem: 'fig3-features',
          columns: ['label', 'x', 'y'],
          rows: toy.training.points.map((point, i) => [toy.training.labels[i], ...point]),
        },
      ],
      figures: [featureFigure(toy.training), normalisedFigure(toy.training)],
    };
  },
};

function featureFigure(training: LabelledPoints): Figure {
  const reach = 1.05 * training.points.reduce((most, [x, y]) => Math.max(most, Math.abs(x), Math.abs(y)), 0);
  return {
    stem: 'fig3-features',
    svg: planePlot({
      description: 'Features of ten digits in the plane under softmax with a bias',
      legend: digitLegend,
      x: [-reach, reach],
      y: [-reach, reach],
      xLabel: 'first number of the feature',
      yLabel: 'second number of the feature',
      marks: [featureDots(training)],
    }),
    caption: 'Left: features of the training images under softmax with a bias, one colour a digit.',
  };
}

function normalisedFigure({ points, labels }: LabelledPoints): Figure {
  // All of them lie on the unit circle; a radius for each digit keeps them apart.
  const spread = points.map((point, i): Point2 => {
    const norm = Math.hypot(...point);
    const radius = norm > 0 ? (1 + 0.1 * labels[i]) / norm : 0;
    return [radius * point[0], radius * point[1]];
  });
  return {
    stem: 'fig3-normalised',
    svg: planePlot({
      description: 'The same features after normalisation, each digit on a circle of its own',
      legend: digitLegend,
      x: [-2, 2],
      y: [-2, 2],
      bare: true,
      marks: [featureDots({ points: spread, labels })],
    }),
    caption:
      'Right: the same features normalised. All lie on the unit circle; digit k is drawn with radius 1 + k/10, so that the digits can be told apart.',
  };
}
