import { describe, expect, test } from 'vitest';
import { degrees, dot, type Point3, unit } from '../../../src/common/vectors.ts';
import { gradientsOnTheSphere, target, walkInThePlane } from '../../../src/normface/paper/fig4.node.ts';
import { fig5 } from '../../../src/normface/paper/fig5.node.ts';
import { walkAgents } from '../../../src/normface/paper/fig6.node.ts';
import { compare, sketch } from '../../../src/normface/paper/fig7.node.ts';
import { meanDirection, twoClasses } from '../../../src/normface/paper/two-classes.ts';
import { testDevice } from '../../engine/open.ts';
import { temporaryFolder } from '../data/fixtures.ts';
import { fakeRunner } from './fake.ts';

const device = await testDevice();

test('figure 4, plane: the gradient is tangent, as the formula says, and every step makes the vector longer', async () => {
  const steps = await walkInThePlane(device);
  const squares = steps.map(({ x }) => x[0] ** 2 + x[1] ** 2);
  steps.forEach(({ x, gradient: g }, k) => {
    const norm = Math.sqrt(squares[k]!);
    const y = [x[0] / norm, x[1] / norm];
    const along = y[0]! * target[0] + y[1]! * target[1];
    // dL/dx = (g − y⟨y, g⟩)/|x| with g = −t (arXiv 1704.06369, equation 4).
    expect(g[0]).toBeCloseTo((-target[0] + y[0]! * along) / norm, 6);
    expect(g[1]).toBeCloseTo((-target[1] + y[1]! * along) / norm, 6);
    expect(x[0] * g[0] + x[1] * g[1]).toBeCloseTo(0, 6);
    if (k + 1 === steps.length) return;
    expect(squares[k + 1]).toBeGreaterThan(squares[k]!);
    expect(squares[k + 1]).toBeCloseTo(squares[k]! + g[0] ** 2 + g[1] ** 2, 6);
  });
});

test('figure 4, sphere: all gradients are tangent; the own class pulls the weight and the others push it', async () => {
  const { features, weights, gradients } = await gradientsOnTheSphere(device);
  gradients.forEach((gradient, k) => {
    expect(dot(gradient, weights[0]!)).toBeCloseTo(0, 6);
    const towards = dot(gradient, meanDirection(features[k]!));
    if (k === 0) expect(towards).toBeLessThan(-0.01);
    else expect(towards).toBeGreaterThan(0.01);
  });
});

test('figure 5: the numbers are those of docs/reference.md#lower-bound-of-the-loss', async () => {
  const { tables } = await fig5.run(fakeRunner(temporaryFolder()).runner);
  const { columns, rows } = tables.find(({ stem }) => stem === 'fig5')!;
  expect(columns).toEqual(['scale', 'n=10', 'n=100', 'n=1000', 'n=10000', 'n=100000']);
  const expected = [
    [1, 1.37693, 3.61238, 5.90847, 8.21041, 10.5129],
    [2, 0.680726, 2.64832, 4.91214, 7.21078, 9.51297],
    [5, 0.0342017, 0.491156, 2.04091, 4.22448, 6.51435],
    [10, 1.34499e-4, 4.05454e-3, 0.0439239, 0.373975, 1.7119],
    [15, 5.19997e-7, 2.60262e-5, 3.00997e-4, 3.04948e-3, 0.0301269],
    [20, 2.01027e-9, 1.66728e-7, 2.01828e-6, 2.05681e-5, 2.06051e-4],
    [30, 3.00441e-14, 6.84221e-12, 9.07171e-11, 9.32866e-10, 9.35472e-9],
    [40, 4.4902e-19, 2.80791e-16, 4.07753e-15, 4.23097e-14, 4.24661e-13],
    [64, 1.17782e-30, 8.31826e-27, 1.50278e-25, 1.59342e-24, 1.60277e-23],
  ];
  expect(rows).toHaveLength(expected.length);
  for (const [i, row] of expected.entries())
    for (const [j, value] of row.entries())
      expect(Math.abs(Number(rows[i]![j]) / value - 1)).toBeLessThan(1e-5);
});

describe('figure 6', async () => {
  const { features, labels } = twoClasses({ seed: 6 });
  const centres = [0, 1].map((label) => meanDirection(features.filter((_, i) => labels[i] === label)));
  const boundary = unit(centres[0]!.map((value, axis) => value - centres[1]![axis]!) as unknown as Point3);

  test('without a margin the agents stay at the class centres', async () => {
    const { agents, movedFeatures } = await walkAgents(device, features, labels, 0);
    for (const [k, agent] of agents.entries()) expect(degrees(agent, centres[k]!)).toBeLessThan(0.05);
    // Every feature moves towards its own agent.
    for (const [i, moved] of movedFeatures.entries()) {
      const agent = agents[labels[i]!]!;
      expect(dot(moved, agent)).toBeGreaterThanOrEqual(dot(features[i]!, agent) - 1e-6);
    }
  });

  test('with margin 1 they end farther from the boundary, where the gradient on them is zero', async () => {
    const { agents } = await walkAgents(device, features, labels, 1);
    agents.forEach((agent, k) => {
      const side = k === 0 ? 1 : -1;
      expect(side * dot(agent, boundary)).toBeGreaterThan(side * dot(centres[k]!, boundary) + 0.02);
      // d loss/d agent in float64: positives pull with 2(w − f), active negatives push with 2(f − w).
      const pull = [0, 1, 2].map((axis) =>
        features.reduce((sum, f, i) => {
          const own = labels[i] === k;
          const active = own || 2 - 2 * dot(f, agent) < 1;
          return sum + (active ? (own ? 1 : -1) * (agent[axis]! - f[axis]!) : 0);
        }, 0),
      ) as unknown as Point3;
      const along = dot(pull, agent);
      const tangent = pull.map((value, axis) => value - along * agent[axis]!);
      expect(Math.hypot(...tangent) / features.length).toBeLessThan(0.01);
    });
  });
});

test('figure 7: agents ignore samples that pairs and triplets would move, and never the other way round', async () => {
  const { features, labels } = twoClasses(sketch);
  const { agents, comparisons } = await compare(device, features, labels);
  const toAgent = (f: Point3, k: number) => 2 - 2 * dot(f, agents[k]!);
  const active = {
    contrastive: (f: Point3, own: number) => 1 - toAgent(f, 1 - own),
    triplet: (f: Point3, own: number) => 0.8 + toAgent(f, own) - toAgent(f, 1 - own),
  };
  for (const { name, parts } of comparisons) {
    features.forEach((f, i) => {
      const hinge = active[name](f, labels[i]!);
      // Nearer to the limit f32 may decide otherwise.
      if (Math.abs(hinge) > 1e-5) expect(parts[i] === 'both' || parts[i] === 'agents only').toBe(hinge > 0);
    });
    const count = (wanted: string) => parts.filter((part) => part === wanted).length;
    expect(count('samples only')).toBeGreaterThan(50);
    expect(count('both')).toBeGreaterThan(10);
    expect(count('agents only')).toBe(0);
  }
});
