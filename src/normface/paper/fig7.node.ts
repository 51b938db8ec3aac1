/** Figure 7: marginal samples that agents hide: with the same margin, pairs and triplets of samples would still move them. */

import { cross, dot, type Point3, points3, unit } from '../../common/vectors.ts';
import type { Device, Tensor } from '../../engine/core/tensor.ts';
import { cContrastiveLoss } from '../../engine/ops/heads/c_contrastive_loss.ts';
import { cTripletLoss } from '../../engine/ops/heads/c_triplet_loss.ts';
import type { Experiment, Figure } from './experiment.ts';
import { dots, planePlot, polyline, SphereView, tenColors } from './plane.node.ts';
import { meanDirection, samplesPerClass, twoClasses } from './two-classes.ts';

/** What a sample is to the two versions of a loss. */
export type Part = 'both' | 'samples only' | 'neither' | 'agents only';

export interface Comparison {
  readonly name: 'contrastive' | 'triplet';
  readonly margin: number;
  readonly parts: readonly Part[];
}

/** The margins that the paper recommends for the agent versions. */
const margins = { contrastive: 1, triplet: 0.8 };

/** Two classes that touch. */
export const sketch = { seed: 7, offset: 0.18, deviation: 0.05 };

/** Squared distance of unit vectors. */
function distance(a: Point3, b: Point3): number {
  return 2 - 2 * dot(a, b);
}

/** Whether some pair with another class (arXiv 1704.06369, equation 7) has a positive loss, for each sample. */
export function movedByPairs(
  features: readonly Point3[],
  labels: readonly number[],
  margin: number,
): boolean[] {
  return features.map((f, i) => features.some((g, j) => labels[j] !== labels[i] && distance(f, g) < margin));
}

/** Whether some triplet with the sample as its anchor has a positive loss, for each sample. */
export function movedByTriplets(
  features: readonly Point3[],
  labels: readonly number[],
  margin: number,
): boolean[] {
  return features.map((f, i) => {
    const to = (same: boolean) =>
      features.filter((_, j) => j !== i && (labels[j] === labels[i]) === same).map((g) => distance(f, g));
    return margin + Math.max(...to(true)) - Math.min(...to(false)) > 0;
  });
}

/**
 * Whether the hinge between a sample and the agents is active, for each sample: its gradient, from the engine's loss without the
 * terms that pull every sample to its own agent, is not zero.
 */
export async function movedByAgents(
  device: Device,
  features: readonly Point3[],
  agents: readonly Point3[],
  labels: readonly number[],
  loss: (features: Tensor, agents: Tensor, labels: Tensor) => Tensor,
): Promise<boolean[]> {
  const gradient = await device.scope(async () => {
    const f = device.tensor(features.flat(), [features.length, 3]).requireGradient();
    const w = device.tensor(agents.flat(), [agents.length, 3]);
    loss(f, w, device.tensor(labels, [labels.length], 'u32')).backward();
    return f.gradient!.readFloats();
  });
  return points3(gradient).map((row) => row.some((value) => value !== 0));
}

/** Both losses, agents against samples, with the class means as agents. */
export async function compare(
  device: Device,
  features: readonly Point3[],
  labels: readonly number[],
): Promise<{ agents: readonly Point3[]; comparisons: readonly Comparison[] }> {
  const agents = [0, 1].map((label) => meanDirection(features.filter((_, i) => labels[i] === label)));
  const { contrastive, triplet } = margins;
  const byAgents = {
    contrastive: await movedByAgents(device, features, agents, labels, (f, w, y) =>
      cContrastiveLoss(f, w, y, { negativeMargin: contrastive, positiveWeight: 0 }),
    ),
    triplet: await movedByAgents(device, features, agents, labels, (f, w, y) =>
      cTripletLoss(f, w, y, { margin: triplet, addCenterLoss: false }),
    ),
  };
  const bySamples = {
    contrastive: movedByPairs(features, labels, contrastive),
    triplet: movedByTriplets(features, labels, triplet),
  };
  const comparisons = (['contrastive', 'triplet'] as const).map((name) => ({
    name,
    margin: margins[name],
    parts: features.map((_, i) => partOf(byAgents[name][i]!, bySamples[name][i]!)),
  }));
  return { agents, comparisons };
}

function partOf(agents: boolean, samples: boolean): Part {
  if (agents) return samples ? 'both' : 'agents only';
  return samples ? 'samples only' : 'neither';
}

export const fig7: Experiment = {
  name: 'fig7',
  title: 'Figure 7: marginal samples that agents ignore',
  paper:
    'With the same margin the agent versions of contrastive and triplet loss ignore some marginal samples that pairs or triplets of samples would optimise, so they need larger margins.',
  run: async (runner) => {
    const device = await runner.openDevice();
    const { features, labels } = twoClasses(sketch);
    const { agents, comparisons } = await compare(device, features, labels);
    const count = (comparison: Comparison, part: Part) =>
      comparison.parts.filter((other) => other === part).length;
    const total = features.length;
    return {
      text: [
        `${samplesPerClass} points in each of two classes around (∓${sketch.offset}, 0, 0.3), deviation ${sketch.deviation}, normalised; the agents are the class means. ` +
          'A sample counts as optimised when a hinge with another class is positive: for agents when the engine gives it a gradient, for samples when one pair, or one triplet with it as the anchor, has a loss.',
        comparisons
          .map(
            (one) =>
              `${one.name}, margin ${one.margin}: of ${total} samples agents optimise ${count(one, 'both') + count(one, 'agents only')}, ` +
              `samples ${count(one, 'both') + count(one, 'samples only')}; ${count(one, 'samples only')} are ignored by the agents only`,
          )
          .join('; ')
          .concat('.'),
        'That triplets of samples optimise nearly all is in their definition: of a hundred others of its class and a hundred of the other class a sample meets the hardest two.',
      ],
      tables: [
        {
          stem: 'fig7-counts',
          columns: ['loss', 'margin', 'both', 'samples_only', 'agents_only', 'neither'],
          rows: comparisons.map((one) => [
            one.name,
            one.margin,
            ...(['both', 'samples only', 'agents only', 'neither'] as const).map((part) => count(one, part)),
          ]),
        },
        {
          stem: 'fig7-samples',
          columns: ['class', 'x', 'y', 'z', ...comparisons.map(({ name }) => name)],
          rows: features.map((feature, i) => [
            labels[i]!,
            ...feature,
            ...comparisons.map(({ parts }) => parts[i]!),
          ]),
        },
      ],
      figures: comparisons.map((one) => figure(one, features, labels, agents)),
    };
  },
};

/** The circle of the sphere's points f with ⟨f, normal⟩ = offset. */
function circleOnSphere(normal: Point3, offset: number): Point3[] {
  const axis = unit(normal);
  const height = offset / Math.hypot(...normal);
  const radius = Math.sqrt(1 - height * height);
  const u = unit(cross(axis, [0, 1, 0]));
  const v = cross(axis, u);
  return Array.from({ length: 121 }, (_, k): Point3 => {
    const [c, s] = [Math.cos((k * Math.PI) / 60) * radius, Math.sin((k * Math.PI) / 60) * radius];
    return [0, 1, 2].map((i) => height * axis[i]! + c * u[i]! + s * v[i]!) as unknown as Point3;
  });
}

function figure(
  { name, margin, parts }: Comparison,
  features: readonly Point3[],
  labels: readonly number[],
  agents: readonly Point3[],
): Figure {
  const view = new SphereView([0.001, -0.35, 1]);
  const colours = [tenColors[0]!, tenColors[1]!];
  // Contrastive: distance M to the other agent. Triplet: D_other − D_own = M, that is ⟨f, w_own − w_other⟩ = M/2.
  const limits = agents.map((own, k) => {
    const other = agents[1 - k]!;
    const normal = own.map((value, axis) => value - other[axis]!) as unknown as Point3;
    return name === 'contrastive'
      ? circleOnSphere(other, 1 - margin / 2)
      : circleOnSphere(normal, margin / 2);
  });
  const pick = (label: number, ...wanted: Part[]) =>
    features
      .filter((_, i) => labels[i] === label && wanted.includes(parts[i]!))
      .map((point) => view.project(point));
  const samples = name === 'contrastive' ? 'pairs' : 'triplets';
  return {
    stem: `fig7-${name}`,
    svg: planePlot({
      description: `Samples of two classes on the unit sphere that agents and ${samples} of samples optimise with margin ${margin}`,
      legend: [
        ...colours.map((color, k) => ({ name: `class ${k + 1}`, color, box: true })),
        { name: 'agent', color: 'currentColor', symbol: 'cross' },
        ...colours.map((color, k) => ({ name: `limit of class ${k + 1}`, color, dashed: true })),
        { name: `optimised by agents and ${samples}`, color: 'currentColor', symbol: 'dot' },
        { name: `by ${samples} only`, color: 'currentColor', symbol: 'ring' },
        { name: 'by neither', color: 'currentColor', symbol: 'point' },
      ],
      x: [-1.08, 1.08],
      y: [-1.04, 1.04],
      bare: true,
      marks: [
        ...view.net(),
        ...limits.map((points, k) =>
          polyline(
            points.map((point) =>
              view.isFront(point) ? view.project(point) : ([Number.NaN, Number.NaN] as const),
            ),
            { stroke: colours[k], strokeWidth: 2.5, strokeDasharray: '7 6' },
          ),
        ),
        ...colours.flatMap((colour, k) => [
          dots(pick(k, 'neither'), { r: 2.2, fill: colour, fillOpacity: 0.55 }),
          dots(pick(k, 'samples only'), { r: 5, stroke: colour, strokeWidth: 2.4 }),
          dots(pick(k, 'both', 'agents only'), { r: 5, fill: colour }),
        ]),
        dots(
          agents.map((agent) => view.project(agent)),
          { r: 9, symbol: 'times', stroke: 'currentColor', strokeWidth: 4 },
        ),
      ],
    }),
    caption:
      `${name === 'contrastive' ? 'C-contrastive and contrastive' : 'C-triplet and triplet'} loss with margin ${margin}. ` +
      `Rings are samples that ${samples} of samples would optimise and agents ignore; small points have no loss in either.`,
  };
}
