/** Figure 2: features of two numbers under plain softmax, and the probability of a class over the plane. */

import type { Point2 } from '../../common/vectors.ts';
import type { Experiment, Figure } from './experiment.ts';
import { heatMap } from './heat-map.node.ts';
import { describeToy, digitLegend, digitNames, featureDots, type Toy, trainToy } from './mnist.node.ts';
import { arrows, dots, labels, planePlot, polyline, tenColors } from './plane.node.ts';
import { misleadingTriple, probabilities, summarise } from './plane-features.ts';

/** Points of the grid of the right panel in each direction. */
const gridPoints = 401;

export const fig2: Experiment = {
  name: 'fig2',
  title: 'Figure 2: features under plain softmax',
  paper:
    'Trained with softmax without a bias, features of MNIST lie on ten rays from the origin: two features of one class can be farther apart than two of different classes. The probability of a class is a wedge.',
  run: async (runner) => {
    const toy = await trainToy(runner, { bias: false, seed: 1 });
    const { points, labels } = toy.training;
    const summary = summarise(toy.training);
    const triple = misleadingTriple(toy.training);
    const distance = (i: number, j: number) =>
      Math.hypot(points[i]![0] - points[j]![0], points[i]![1] - points[j]![1]).toFixed(1);
    const range = (values: readonly number[]) =>
      `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`;
    return {
      text: [
        `${describeToy(runner)} Accuracy ${percent(toy.trainingAccuracy)} in training, ${percent(toy.testAccuracy)} in the test.`,
        `The features of a class point one way: the mean of their normalised copies has a norm of ${range(summary.map(({ concentration }) => concentration))}. ` +
          `Their lengths differ: the means over the classes are ${range(summary.map(({ norm }) => norm))}.`,
        ...(triple
          ? [
              `The marked features a and b of digit ${labels[triple.a]!} are ${distance(triple.a, triple.b)} apart, b and c of digit ${labels[triple.c]!} ` +
                `only ${distance(triple.b, triple.c)}, although a and b have the larger cosine.`,
            ]
          : [
              'No feature was found nearer to one of another class than to one of its own in the same direction.',
            ]),
      ],
      tables: [
        {
          stem: 'fig2-features',
          columns: ['label', 'x', 'y'],
          rows: points.map((point, i) => [labels[i]!, ...point]),
        },
        {
          stem: 'fig2-classes',
          columns: [
            'label',
            'count',
            'mean_x',
            'mean_y',
            'mean_of_norms',
            'concentration',
            'weight_x',
            'weight_y',
          ],
          rows: summary.map(({ label, count, mean, norm, concentration }) => [
            label,
            count,
            ...mean,
            norm,
            concentration,
            ...toy.weights[label]!,
          ]),
        },
      ],
      figures: [featureFigure(toy), await probabilityFigure(toy)],
    };
  },
};

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

/** 1.2 times the largest coordinate, as in the author's script. */
function reachOf({ training: { points } }: Toy): number {
  return 1.2 * points.reduce((most, [x, y]) => Math.max(most, Math.abs(x), Math.abs(y)), 0);
}

function featureFigure(toy: Toy): Figure {
  const reach = reachOf(toy);
  const { points } = toy.training;
  const triple = misleadingTriple(toy.training);
  const marked = triple
    ? (['a', 'b', 'c'] as const).map((text) => ({ text, at: points[triple[text]]! }))
    : [];
  // Names stand a little farther out than the tips of their arrows.
  const names = marked.map(({ text, at: [x, y] }) => {
    const outwards = 1 + (0.05 * reach) / Math.hypot(x, y);
    return { text, at: [outwards * x, outwards * y] as const };
  });
  const origin: Point2 = [0, 0];
  return {
    stem: 'fig2-features',
    svg: planePlot({
      description: 'Features of ten digits in the plane: rays from the origin',
      legend: digitLegend,
      x: [-reach, reach],
      y: [-reach, reach],
      xLabel: 'first number of the feature',
      yLabel: 'second number of the feature',
      marks: [
        featureDots(toy.training),
        arrows(
          marked.map(({ at }) => [origin, at] as const),
          { stroke: 'currentColor', strokeWidth: 2.2, headLength: 0 },
        ),
        // Two of them lie on one ray, where a head would be hidden by the other's line.
        dots(
          marked.map(({ at }) => at),
          { r: 6, fill: 'white', stroke: 'black', strokeWidth: 2.5 },
        ),
        digitNames(toy.training),
        labels(names, { fontWeight: 600, stroke: 'white', fill: 'black', strokeWidth: 4 }),
      ],
    }),
    caption:
      'Features of the training images under softmax without a bias, one colour a digit. ' +
      'b is nearer to c, of another digit, than to a, of its own.',
  };
}

async function probabilityFigure(toy: Toy): Promise<Figure> {
  const reach = reachOf(toy);
  const values = new Float32Array(gridPoints * gridPoints);
  const coordinate = (k: number) => reach * ((2 * k) / (gridPoints - 1) - 1);
  for (let row = 0; row < gridPoints; row++)
    for (let column = 0; column < gridPoints; column++)
      values[row * gridPoints + column] = probabilities(
        [coordinate(column), -coordinate(row)],
        toy.weights,
      )[0]!;
  // The outermost points lie on the edge, so the image is wider by half a step.
  const edge = reach + reach / (gridPoints - 1);
  const map = await heatMap({
    values,
    columns: gridPoints,
    range: [0, 1],
    name: 'probability of digit 0',
    x: [-edge, edge],
    y: [-edge, edge],
  });
  const mean = summarise(toy.training)[0]!.mean;
  const length = Math.hypot(...mean);
  return {
    stem: 'fig2-probability',
    svg: planePlot({
      description: 'Softmax probability of digit 0 over the plane: a wedge from the origin',
      legend: [map.legend, { name: 'features of digit 0', color: tenColors[3]!, symbol: 'dot' }],
      x: [-reach, reach],
      y: [-reach, reach],
      xLabel: 'first number of the feature',
      yLabel: 'second number of the feature',
      marks: [
        map.mark,
        dots(
          toy.training.points.filter((_, i) => toy.training.labels[i] === 0),
          { r: 1.5, fill: tenColors[3], fillOpacity: 0.6 },
        ),
        polyline(
          [
            [0, 0],
            [(mean[0] / length) * reach, (mean[1] / length) * reach],
          ],
          {
            stroke: 'white',
            strokeDasharray: '6 5',
          },
        ),
      ],
    }),
    caption:
      'Softmax probability of digit 0 over the plane. Along a ray in the wedge it only grows (Proposition 1).',
  };
}
