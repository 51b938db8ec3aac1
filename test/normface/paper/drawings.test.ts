import { parseHTML } from 'linkedom';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { plotPng, renderPlot } from '../../../src/common/plot-frame.node.ts';
import { dot, unit } from '../../../src/common/vectors.ts';
import { finalMean } from '../../../src/normface/paper/convergence.node.ts';
import { drawVideoPairs } from '../../../src/normface/paper/fig9.node.ts';
import { cosineHistogram, frameCosines } from '../../../src/normface/paper/frame-histogram.ts';
import { heatMap } from '../../../src/normface/paper/heat-map.node.ts';
import { linePlot } from '../../../src/normface/paper/line-plot.node.ts';
import { dots, planePlot, SphereView } from '../../../src/normface/paper/plane.node.ts';
import type { StepRecord } from '../../../src/normface/training/run/log.ts';

describe('histograms of frames', () => {
  const features = { values: Float32Array.of(1, 0, 0, 2, -3, 0, 3, 3), dimension: 2 };

  test('the matrix has a row for each frame of the first video', () => {
    const cosines = frameCosines(features, [0, 1, 3], [2, 3]);
    const half = Math.SQRT1_2;
    [-1, half, 0, half, -half, 1].forEach((value, k) => {
      expect(cosines[k]).toBeCloseTo(value, 12);
    });
    const centred = frameCosines(features, [0], [1], Float64Array.of(1, 1));
    expect(centred[0]).toBeCloseTo(-Math.SQRT1_2, 12);
  });

  test('bins have a width of 0.02 from −1 to 1 and shares add up to one', () => {
    const histogram = cosineHistogram([-1, -0.985, -0.975, 0.005, 0.99, 1, 1, 1]);
    expect([...histogram.keys()].filter((bin) => histogram[bin]! > 0)).toEqual([0, 1, 50, 99]);
    expect([0, 1, 50, 99].map((bin) => histogram[bin])).toEqual([0.25, 0.125, 0.125, 0.5]);
  });

  test('pairs of videos are distinct, first those of the same person', () => {
    const pairs = drawVideoPairs({ people: 5, perPerson: 3 }, 12, 1);
    expect(pairs).toHaveLength(24);
    expect(new Set(pairs.map(({ first, second }) => `${first} ${second}`)).size).toBe(24);
    pairs.forEach(({ first, second, same }, k) => {
      expect(same).toBe(k < 12);
      expect(Math.floor(first / 3) === Math.floor(second / 3)).toBe(same);
    });
    expect(drawVideoPairs({ people: 5, perPerson: 3 }, 12, 1)).toEqual(pairs);
    expect(() => drawVideoPairs({ people: 5, perPerson: 3 }, 16, 1)).toThrow(RangeError);
  });
});

test('a heat map puts the first row at the top and clamps what leaves its range', async () => {
  const map = await heatMap({
    values: [0, 1, 2, -1],
    columns: 2,
    range: [0, 1],
    name: 'share',
    x: [0, 2],
    y: [0, 2],
  });
  const svg = renderPlot({
    description: 'A heat map',
    legend: [map.legend],
    x: { domain: [0, 2] },
    y: { domain: [0, 2] },
    marks: [map.mark],
  });
  const image = parseHTML(svg).document.querySelector('image')!;
  const [, data] = image.getAttribute('href')!.split('base64,');
  const { data: pixels } = await sharp(Buffer.from(data!, 'base64'))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const at = (k: number) => [...pixels.subarray(3 * k, 3 * k + 3)];
  expect(at(0)).toEqual(at(3));
  expect(at(1)).toEqual(at(2));
  const light = (k: number) => at(k).reduce((sum, value) => sum + value, 0);
  expect(light(1)).toBeGreaterThan(2 * light(0));
  expect(Number(image.getAttribute('width'))).toBeGreaterThan(500);
  expect(Number(image.getAttribute('height'))).toBeGreaterThan(200);
  // The raster is drawn, not only referred to: with axes on white, the yellow of large values is there.
  const drawn = await sharp(await plotPng(svg))
    .raw()
    .toBuffer();
  let yellow = 0;
  for (let i = 0; i < drawn.length; i += 3)
    if (drawn[i]! > 240 && drawn[i + 1]! > 220 && drawn[i + 2]! < 80) yellow++;
  expect(yellow).toBeGreaterThan(10_000);
  await expect(
    heatMap({ values: [1, 2, 3], columns: 2, range: [0, 1], name: '', x: [0, 1], y: [0, 1] }),
  ).rejects.toThrow(RangeError);
});

test('a line plot has every line, its error bars and rules, and leaves out what is not finite', () => {
  const svg = linePlot(
    [
      { name: 'first', x: [0.1, 1, 10], y: [1, Number.NaN, 3], error: [0.5, 0.5, 0.25] },
      { name: 'second', x: [0.1, 1, 10], y: [2, 2, 2], dashed: true },
    ],
    { xLabel: 'weight', yLabel: 'accuracy', logX: true, rules: [{ name: 'limit', value: 2.5 }] },
  );
  expect(svg).not.toMatch(/NaN|undefined/);
  const { document } = parseHTML(svg);
  const texts = [...document.querySelectorAll('text')].map((text) => text.textContent);
  for (const text of ['first', 'second', 'limit', 'weight', 'accuracy']) expect(texts).toContain(text);
  const bars = [...document.querySelectorAll('[aria-label="rule"] line')].filter(
    (line) =>
      line.getAttribute('y1') !== line.getAttribute('y2') &&
      line.getAttribute('x1') === line.getAttribute('x2'),
  );
  const lengths = bars.map((line) =>
    Math.abs(Number(line.getAttribute('y1')) - Number(line.getAttribute('y2'))),
  );
  expect(lengths).toHaveLength(2);
  expect(lengths[0]! / lengths[1]!).toBeCloseTo(2, 6);
});

test('the plane has equal units on both axes', () => {
  const svg = planePlot({
    description: 'Three points',
    legend: [],
    x: [-2, 2],
    y: [-1, 1],
    marks: [
      dots(
        [
          [0, 0],
          [1, 0],
          [0, 1],
        ],
        { r: 3 },
      ),
    ],
  });
  const [origin, right, up] = [...parseHTML(svg).document.querySelectorAll('[aria-label="dot"] circle')].map(
    (circle) => [Number(circle.getAttribute('cx')), Number(circle.getAttribute('cy'))],
  );
  expect(right![0]! - origin![0]!).toBeCloseTo(origin![1]! - up![1]!, 6);
});

test('a view of the sphere is a rotation followed by dropping the depth', () => {
  const from = unit([0.3, -1, 0.5]);
  const view = new SphereView(from);
  for (const point of [unit([1, 2, 3]), unit([-1, 0.5, 0.2]), from]) {
    const [x, y] = view.project(point);
    expect(x * x + y * y + dot(point, from) ** 2).toBeCloseTo(1, 12);
  }
  expect(view.project([0, 0, 1])[1]).toBeGreaterThan(0);
  expect(view.isFront(from)).toBe(true);
  expect(view.isFront(unit([-0.3, 1, -0.5]))).toBe(false);
});

test('the final loss of a run is the mean of its last five records', () => {
  const records = [9, 9, 1, 2, 3, 4, 5].map((loss, k) => ({ event: 'step', step: k, loss }) as StepRecord);
  expect(finalMean(records, ({ loss }) => loss)).toBe(3);
});
