import { describe, expect, test } from 'vitest';
import { hash32, normal01, uniform01 } from '../../../src/engine/core/random.ts';
import { histogramIntersections, kernelSvm } from '../../../src/normface/evaluation/kernel-svm.ts';
import { linearSvm } from '../../../src/normface/evaluation/linear-svm.ts';
import type { Matrix } from '../../../src/normface/evaluation/matrix.ts';
import { splitScores } from '../../../src/normface/evaluation/threshold.ts';

function gram<T>(points: readonly T[], kernel: (a: T, b: T) => number): Matrix {
  const n = points.length;
  const values = Float64Array.from({ length: n * n }, (_, at) =>
    kernel(points[Math.floor(at / n)]!, points[at % n]!),
  );
  return { rows: n, columns: n, values };
}

/** ½ Σ β_i β_j K_ij − Σ |β_i| with β_i = α_i y_i. */
function dual({ rows: n, values }: Matrix, beta: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    sum -= Math.abs(beta[i]!);
    for (let j = 0; j < n; j++) sum += 0.5 * beta[i]! * beta[j]! * values[i * n + j]!;
  }
  return sum;
}

/** The least dual by projected gradient steps: slow, and with nothing in common with pairs of multipliers. */
function projectedGradient(kernel: Matrix, labels: Int8Array, cost: number): number {
  const { rows: n, values } = kernel;
  const trace = Array.from({ length: n }, (_, i) => values[i * n + i]!).reduce(
    (sum, value) => sum + value,
    0,
  );
  /** Nearest point with 0 ≤ α ≤ C and Σ α y = 0: α − λ y cut to the box, λ by bisection. */
  const project = (alpha: number[]) => {
    const cut = (lambda: number) => alpha.map((a, i) => Math.min(cost, Math.max(0, a - lambda * labels[i]!)));
    const balance = (lambda: number) => cut(lambda).reduce((sum, a, i) => sum + a * labels[i]!, 0);
    let [low, high] = [-1e4, 1e4];
    for (let k = 0; k < 100; k++) {
      const middle = (low + high) / 2;
      if (balance(middle) > 0) low = middle;
      else high = middle;
    }
    return cut((low + high) / 2);
  };
  let alpha: number[] = Array.from({ length: n }, () => 0);
  let previous = alpha;
  for (let step = 1; step <= 4000; step++) {
    // Nesterov's momentum.
    const ahead = alpha.map((a, i) => a + ((step - 1) / (step + 2)) * (a - previous[i]!));
    const gradient = ahead.map(
      (_, i) => labels[i]! * ahead.reduce((sum, a, j) => sum + a * labels[j]! * values[i * n + j]!, 0) - 1,
    );
    previous = alpha;
    alpha = project(ahead.map((a, i) => a - gradient[i]! / trace));
  }
  return dual(
    kernel,
    alpha.map((a, i) => a * labels[i]!),
  );
}

function decisions(
  { rows: n, values }: Matrix,
  { coefficients, bias }: ReturnType<typeof kernelSvm>,
): number[] {
  return Array.from({ length: n }, (_, i) =>
    coefficients.reduce((sum, value, j) => sum + value * values[i * n + j]!, bias),
  );
}

/** Largest violation of the Karush–Kuhn–Tucker conditions: margins of 1, at least 1 or at most 1 as the multipliers say. */
function violation(
  kernel: Matrix,
  labels: Int8Array,
  machine: ReturnType<typeof kernelSvm>,
  cost: number,
): number {
  return decisions(kernel, machine).reduce((worst, decision, i) => {
    const alpha = machine.coefficients[i]! * labels[i]!;
    const margin = labels[i]! * decision - 1;
    const wrong = alpha <= 0 ? -margin : alpha >= cost ? margin : Math.abs(margin);
    return Math.max(worst, wrong);
  }, 0);
}

/** Normalised histograms of two kinds that overlap. */
function histograms(count: number, bins: number, seed: number) {
  const labels = Int8Array.from({ length: count }, (_, i) =>
    i < 2 ? 2 * i - 1 : hash32(seed, i) % 2 ? 1 : -1,
  );
  const rows = Array.from(labels, (label, i) => {
    const raw = Array.from(
      { length: bins },
      (_, k) => uniform01(seed, 1 + i, k) ** 3 * Math.exp((label * k) / bins),
    );
    const total = raw.reduce((sum, value) => sum + value, 0);
    return raw.map((value) => value / total);
  });
  const matrix = { rows: count, columns: bins, values: Float64Array.from(rows.flat()) };
  return { labels, rows, kernel: histogramIntersections(matrix, matrix) };
}

test('histogram intersections', () => {
  const a = { rows: 2, columns: 3, values: Float64Array.of(0.5, 0.5, 0, 0.2, 0.3, 0.5) };
  const b = { rows: 1, columns: 3, values: Float64Array.of(0.4, 0.1, 0.5) };
  const { rows, columns, values } = histogramIntersections(a, b);
  expect([rows, columns]).toEqual([2, 1]);
  expect(values[0]).toBeCloseTo(0.5, 15);
  expect(values[1]).toBeCloseTo(0.8, 15);
  const { kernel } = histograms(7, 5, 3);
  for (let i = 0; i < 7; i++) {
    expect(kernel.values[8 * i]).toBeCloseTo(1, 12);
    for (let j = 0; j < i; j++) expect(kernel.values[7 * i + j]).toBe(kernel.values[7 * j + i]);
  }
});

describe('support vector machine with a kernel', () => {
  test('two points', () => {
    // K = ⟨x, x'⟩ with x = −1 and 3: w = 0.5, b = −0.5.
    const kernel = gram([-1, 3], (a, b) => a * b);
    const { coefficients, bias } = kernelSvm(kernel, Int8Array.of(-1, 1), { cost: 10 });
    expect(coefficients).toEqual(Float64Array.of(-0.125, 0.125));
    expect(bias).toBeCloseTo(-0.5, 12);
  });

  test('exclusive or, which no line separates', () => {
    const points = [
      [0, 0],
      [1, 1],
      [0, 1],
      [1, 0],
    ];
    const labels = Int8Array.of(-1, -1, 1, 1);
    const kernel = gram(points, (a, b) => (a[0]! * b[0]! + a[1]! * b[1]! + 1) ** 2);
    const machine = kernelSvm(kernel, labels, { cost: 100, tolerance: 1e-6 });
    for (const [i, decision] of decisions(kernel, machine).entries())
      expect(decision).toBeCloseTo(labels[i]!, 4);
  });

  test('all at the bound: the bias is the middle of what is allowed', () => {
    const kernel = gram([1, 3], (a, b) => a * b);
    const { coefficients, bias } = kernelSvm(kernel, Int8Array.of(-1, 1), { cost: 0.1 });
    expect(coefficients).toEqual(Float64Array.of(-0.1, 0.1));
    expect(bias).toBeCloseTo(-0.4, 12);
  });

  test('equal examples of both kinds: nothing to learn, and no endless loop', () => {
    const kernel = gram([1, 1, 1], () => 1);
    const { coefficients, bias } = kernelSvm(kernel, Int8Array.of(1, 1, -1));
    expect(Math.abs(coefficients.reduce((sum, value) => sum + value, 0))).toBeLessThan(1e-12);
    expect(bias).toBeCloseTo(1, 9);
  });

  test.each([
    { count: 6, bins: 4, cost: 1, seed: 1 },
    { count: 15, bins: 6, cost: 1, seed: 2 },
    { count: 24, bins: 3, cost: 5, seed: 3 },
    { count: 30, bins: 10, cost: 0.1, seed: 4 },
    { count: 12, bins: 2, cost: 1000, seed: 5 },
  ])('as good as projected gradients: %o', ({ count, bins, cost, seed }) => {
    const { kernel, labels } = histograms(count, bins, seed);
    const machine = kernelSvm(kernel, labels, { cost, tolerance: 1e-8 });
    const least = projectedGradient(kernel, labels, cost);
    expect(dual(kernel, machine.coefficients)).toBeLessThanOrEqual(least + 1e-6 * Math.abs(least));
    expect(Math.abs(machine.coefficients.reduce((sum, value) => sum + value, 0))).toBeLessThan(1e-9 * cost);
    for (const [i, value] of machine.coefficients.entries()) {
      expect(value * labels[i]!).toBeGreaterThanOrEqual(0);
      expect(value * labels[i]!).toBeLessThanOrEqual(cost);
    }
    expect(violation(kernel, labels, machine, cost)).toBeLessThan(1e-7);
  });

  test('hundreds of histograms: optimal within the tolerance', () => {
    const { kernel, labels } = histograms(400, 100, 6);
    for (const [tolerance, least] of [
      [1e-3, 1e-3],
      [1e-7, 1e-7],
    ]) {
      const machine = kernelSvm(kernel, labels, { tolerance });
      expect(violation(kernel, labels, machine, 1)).toBeLessThanOrEqual(least!);
      expect(machine.coefficients.filter((value) => value !== 0).length).toBeGreaterThan(10);
    }
  });

  test('with the linear kernel of one number: the exact machine', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const labels = Int8Array.from({ length: 60 }, (_, i) => (i % 2 ? 1 : -1));
      const x = Array.from(labels, (label, i) => label + normal01(seed, 3, i));
      const { coefficients, bias } = kernelSvm(
        gram(x, (a, b) => a * b),
        labels,
        { tolerance: 1e-10 },
      );
      const exact = linearSvm(
        splitScores(
          x,
          Array.from(labels, (label) => (label > 0 ? 1 : 0)),
        ),
      );
      expect(coefficients.reduce((sum, value, i) => sum + value * x[i]!, 0)).toBeCloseTo(exact.weight, 8);
      expect(bias).toBeCloseTo(exact.bias, 8);
    }
  });
});
