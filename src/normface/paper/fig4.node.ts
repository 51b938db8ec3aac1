/** Figure 4: L2 normalisation and its gradient, in the plane and on the sphere, by the engine's own reverse pass. */

import { seriesColor } from '../../common/plot-frame.node.ts';
import { type Point2, type Point3, unit } from '../../common/vectors.ts';
import { normal01 } from '../../engine/core/random.ts';
import type { Device } from '../../engine/core/tensor.ts';
import { multiply } from '../../engine/ops/elementwise/multiply.ts';
import { scale } from '../../engine/ops/elementwise/scale.ts';
import { softmaxLoss } from '../../engine/ops/heads/softmax_loss.ts';
import { l2Normalise } from '../../engine/ops/norm/l2_normalise.ts';
import { sum } from '../../engine/ops/reduce/sum.ts';
import type { Experiment, Figure, NamedTable } from './experiment.ts';
import { arrows, dots, labels, planePlot, polyline, SphereView, tenColors } from './plane.node.ts';

/** One plain gradient step on a vector x in the plane, with loss −⟨x̂, t⟩. */
export interface PlaneStep {
  readonly x: Point2;
  /** dL/dx. */
  readonly gradient: Point2;
}

export const target: Point2 = polar(1, 80);
const start = polar(1.35, 15);
const rate = 1;
const planeSteps = 8;

function polar(radius: number, degrees: number): Point2 {
  const angle = (degrees * Math.PI) / 180;
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

/** Steps x ← x − rate·dL/dx without weight decay. */
export async function walkInThePlane(device: Device): Promise<PlaneStep[]> {
  const steps: PlaneStep[] = [];
  let x = start;
  for (let k = 0; k < planeSteps; k++) {
    const gradient = await device.scope(async () => {
      const leaf = device.tensor(x, [1, 2]).requireGradient();
      const towards = device.tensor(target, [1, 2]);
      scale(sum(multiply(l2Normalise(leaf), towards)), -1).backward();
      return leaf.gradient!.readFloats();
    });
    steps.push({ x, gradient: [gradient[0]!, gradient[1]!] });
    x = [x[0] - rate * gradient[0]!, x[1] - rate * gradient[1]!];
  }
  return steps;
}

/** Features of three classes on the sphere, three weights, and the gradient of the first weight by each class's samples. */
export interface SphereGradients {
  readonly features: readonly (readonly Point3[])[];
  readonly weights: readonly Point3[];
  readonly gradients: readonly Point3[];
}

const samples = 12;
const cosineScale = 4;
const centres: readonly Point3[] = [
  unit([0.45, -0.75, 0.65]),
  unit([-0.75, -0.6, 0.35]),
  unit([0.25, -0.75, -0.65]),
];
const weights: readonly Point3[] = [unit([0.1, -0.95, 0.4]), centres[1]!, centres[2]!];

/** dL/dW_1 of softmax over scaled cosines, where the batch holds one class only. */
export async function gradientsOnTheSphere(device: Device): Promise<SphereGradients> {
  const features = centres.map((centre, k) =>
    Array.from({ length: samples }, (_, i) =>
      unit(centre.map((value, axis) => value + 0.13 * normal01(4, 3 * k + axis, i)) as unknown as Point3),
    ),
  );
  const gradients: Point3[] = [];
  for (const [label, points] of features.entries()) {
    const gradient = await device.scope(async () => {
      const w = device.tensor(weights.flat(), [3, 3]).requireGradient();
      const f = device.tensor(points.flat(), [samples, 3]);
      const own = device.tensor(new Uint32Array(samples).fill(label), [samples], 'u32');
      softmaxLoss(scale(l2Normalise(f), cosineScale), l2Normalise(w), own).backward();
      return w.gradient!.readFloats();
    });
    gradients.push([gradient[0]!, gradient[1]!, gradient[2]!]);
  }
  return { features, weights, gradients };
}

export const fig4: Experiment = {
  name: 'fig4',
  title: 'Figure 4: normalisation and its gradient',
  paper:
    'The gradient of a normalised vector is tangent to the circle, so a step without weight decay always makes the vector longer; on the sphere each class pulls or pushes a weight along the tangent plane.',
  run: async (runner) => {
    const device = await runner.openDevice();
    const steps = await walkInThePlane(device);
    const sphere = await gradientsOnTheSphere(device);
    const first = Math.hypot(...steps[0]!.x);
    const last = Math.hypot(...steps.at(-1)!.x);
    return {
      text: [
        `Plane: loss −⟨x̂, t⟩ of a vector x with |x| = ${first.toFixed(2)}, differentiated by the engine's l2_normalise, and ` +
          `${planeSteps - 1} plain steps of rate ${rate} without weight decay: |x| grows to ${last.toFixed(2)}, as |x|² + |step|² says.`,
        `Sphere: ${samples} features in each of three classes, softmax over cosines with scale ${cosineScale}; the arrows are −dL/dŵ₁ ` +
          'by the samples of each class alone, all in the tangent plane at ŵ₁, and the one of its own class pulls, the others push.',
      ],
      tables: [planeTable(steps), sphereTable(sphere)],
      figures: [planeFigure(steps), sphereFigure(sphere)],
    };
  },
};

function planeTable(steps: readonly PlaneStep[]): NamedTable {
  const rows = steps.map(({ x, gradient: g }, k) => {
    const squared = x[0] ** 2 + x[1] ** 2;
    const length = Math.hypot(...g);
    return [k, ...x, ...g, x[0] * g[0] + x[1] * g[1], squared, squared + (rate * length) ** 2];
  });
  return {
    stem: 'fig4-plane',
    columns: [
      'step',
      'x1',
      'x2',
      'gradient1',
      'gradient2',
      'x_dot_gradient',
      'squared_norm',
      'squared_norm_next',
    ],
    rows,
    display: {
      title: 'The squared norm after each step is that before it plus the squared length of the step.',
      columns: ['step', '⟨x, dL/dx⟩', '|x|²', '|x|² + |step|²'].map((header) => ({
        header,
        align: 'right' as const,
      })),
      rows: rows.map((row) => [
        String(row[0]),
        row[5]!.toExponential(1),
        row[6]!.toFixed(4),
        row[7]!.toFixed(4),
      ]),
    },
  };
}

function sphereTable({ gradients, weights: [w] }: SphereGradients): NamedTable {
  return {
    stem: 'fig4-sphere',
    columns: ['class', 'gradient1', 'gradient2', 'gradient3', 'weight_dot_gradient'],
    rows: gradients.map((g, k) => [k + 1, ...g, g[0] * w![0] + g[1] * w![1] + g[2] * w![2]]),
  };
}

function planeFigure(steps: readonly PlaneStep[]): Figure {
  const { x, gradient } = steps[0]!;
  const { x: next } = steps[1]!;
  const norm = Math.hypot(...x);
  const y: Point2 = [x[0] / norm, x[1] / norm];
  const faint = { strokeOpacity: 0.45, strokeDasharray: '5 5' };
  const arrow = { strokeWidth: 3 };
  return {
    stem: 'fig4-plane',
    svg: planePlot({
      description:
        'A vector, its normalised copy, and the step along the negative gradient, tangent to the circle',
      legend: [
        { name: '−dL/dy', color: seriesColor(0) },
        { name: '−dL/dx, the step', color: seriesColor(1) },
        { name: 'further steps', color: seriesColor(2), symbol: 'dot' },
      ],
      x: [-0.1, 1.75],
      y: [-0.1, 1.75],
      xLabel: 'x₁',
      yLabel: 'x₂',
      marks: [
        polyline(arc(1), { strokeWidth: 2 }),
        polyline(arc(norm), faint),
        polyline(arc(Math.hypot(...next)), faint),
        polyline([[0, 0], x], { strokeWidth: 1.5 }),
        polyline([[0, 0], next], { strokeWidth: 1.5 }),
        polyline(
          steps.slice(1).map((step) => step.x),
          { stroke: seriesColor(2), strokeWidth: 1.5 },
        ),
        dots(
          steps.slice(2).map((step) => step.x),
          { r: 4, fill: seriesColor(2) },
        ),
        arrows([[y, [y[0] + 0.6 * target[0], y[1] + 0.6 * target[1]]]], { ...arrow, stroke: seriesColor(0) }),
        arrows([[x, [x[0] - rate * gradient[0], x[1] - rate * gradient[1]]]], {
          ...arrow,
          stroke: seriesColor(1),
        }),
        dots([[0, 0], x, y, next], { r: 5, fill: 'currentColor' }),
        labels(
          [
            { at: x, text: 'x' },
            { at: y, text: 'y' },
          ],
          { dx: 20, dy: 8 },
        ),
        labels([{ at: next, text: 'x′' }], { dx: 18, dy: -14 }),
      ],
    }),
    caption:
      'Plane: y = x/|x| on the unit circle, the negative gradient of the loss at y (drawn at 0.6 of its length) and what the normalisation ' +
      'makes of it at x: tangent to the circle through x and shorter by |x|. The step leads to a longer vector x′.',
  };
}

function arc(radius: number): Point2[] {
  return Array.from({ length: 91 }, (_, k) => polar(radius, k));
}

function sphereFigure({ features, weights, gradients }: SphereGradients): Figure {
  const view = new SphereView([0.35, -1, 0.3]);
  const [w] = weights;
  const longest = Math.max(...gradients.map((gradient) => Math.hypot(...gradient)));
  const tips = gradients.map(
    (g) => w!.map((value, axis) => value - (0.55 / longest) * g[axis]!) as unknown as Point3,
  );
  const at = view.project(w!);
  return {
    stem: 'fig4-sphere',
    svg: planePlot({
      description:
        'Three classes on the unit sphere and the gradients that they give one weight, in its tangent plane',
      legend: [
        ...features.map((_, k) => ({ name: `class ${k + 1} and −dL/dŵ₁ by it`, color: tenColors[k]! })),
        { name: 'ŵ₁', color: 'currentColor', symbol: 'cross' as const },
      ],
      x: [-1.15, 1.15],
      y: [-1.05, 1.05],
      bare: true,
      marks: [
        ...view.net(),
        ...features.map((points, k) =>
          dots(
            points.map((point) => view.project(point)),
            { r: 4.5, fill: tenColors[k], fillOpacity: 0.8 },
          ),
        ),
        ...tips.map((tip, k) =>
          arrows([[at, view.project(tip)]], { stroke: tenColors[k], strokeWidth: 3.5 }),
        ),
        dots([at], { r: 7, symbol: 'times', stroke: 'currentColor', strokeWidth: 3.5 }),
      ],
    }),
    caption:
      'Sphere: features of three classes on the unit sphere and the direction in which the samples of each move the weight of class 1. ' +
      'All arrows lie in the tangent plane; their lengths are to scale among themselves.',
  };
}
