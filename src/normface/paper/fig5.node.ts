/** Figure 5: the lower bound of softmax over cosines as a function of the scale. */

import { lossBound } from '../losses/bound.ts';
import type { Experiment, ExperimentResults } from './experiment.ts';
import { linePlot } from './line-plot.node.ts';

const classes = [10, 100, 1_000, 10_000, 100_000];
/** Scales of the table in docs/reference.md#lower-bound-of-the-loss. */
const scales = [1, 2, 5, 10, 15, 20, 30, 40, 64];

export const fig5: Experiment = {
  name: 'fig5',
  title: 'Figure 5: lower bound of the softmax loss on the sphere',
  paper:
    'The least softmax loss B(n, ℓ²) of features and weights of norm ℓ (Proposition 2): with ℓ = 1 it is near log n, and only a larger norm lets it vanish.',
  run: async (): Promise<ExperimentResults> => {
    const x = Float64Array.from({ length: 301 }, (_, k) => k / 10);
    const lines = classes.map((n) => ({
      name: `n = ${grouped(n)}`,
      x,
      y: x.map((scale) => lossBound(n, scale)),
    }));
    const bounds = scales.map((scale) => classes.map((n) => lossBound(n, scale)));
    return {
      text: [
        'Computed from B(n, ℓ²) = log(1 + (n − 1)·exp(−ℓ²·n/(n − 1))); nothing is trained. ' +
          `With ℓ² = 1 the bound of ${grouped(classes.at(-1)!)} classes is ${lossBound(classes.at(-1)!, 1).toFixed(2)}, ` +
          `with ℓ² = 20 it is ${lossBound(classes.at(-1)!, 20).toExponential(1)}: a scale of 20 or 30 is enough for any number of classes here. ` +
          'Over ℓ² every curve is steepest at 0, where its slope is −1, and flattens from there; over ℓ itself it would start flat.',
      ],
      tables: [
        {
          stem: 'fig5',
          columns: ['scale', ...classes.map((n) => `n=${n}`)],
          rows: scales.map((scale, k) => [scale, ...bounds[k]!]),
          display: {
            columns: [
              { header: 'ℓ²', align: 'right' },
              ...classes.map((n) => ({ header: `n = ${grouped(n)}`, align: 'right' as const })),
            ],
            rows: scales.map((scale, k) => [
              String(scale),
              ...bounds[k]!.map((bound) => bound.toPrecision(4)),
            ]),
          },
        },
        {
          stem: 'fig5-curves',
          columns: ['scale', ...classes.map((n) => `n=${n}`)],
          rows: Array.from(x, (scale, k) => [scale, ...lines.map(({ y }) => y[k]!)]),
        },
      ],
      figures: [
        {
          stem: 'fig5',
          svg: linePlot(lines, {
            xLabel: 'ℓ², the scale of the cosines',
            yLabel: 'lower bound of the loss',
            xDomain: [0, 30],
            yDomain: [0, 12],
          }),
          caption:
            'Lower bound B(n, ℓ²) of the softmax loss for n classes whose features and weights have norm ℓ.',
        },
      ],
    };
  },
};

/** 100,000 for 100000. */
function grouped(value: number): string {
  return value.toLocaleString('en-US');
}
