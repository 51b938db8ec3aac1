import { parseHTML } from 'linkedom';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { seriesColor } from '../../../src/common/plot-frame.node.ts';
import { normal01 } from '../../../src/engine/core/random.ts';
import {
  accuracyPlot,
  cosinePlot,
  learningRatePlot,
  lossPlot,
  plotPng,
} from '../../../src/normface/evaluation/plots.node.ts';
import { rocCurve } from '../../../src/normface/evaluation/roc.ts';
import { histogramPlot, rocPlot } from '../../../src/normface/evaluation/score-plots.node.ts';

const split = (genuine: number[], impostor: number[]) => ({
  genuine: Float64Array.from(genuine).sort(),
  impostor: Float64Array.from(impostor).sort(),
});

function svgOf(text: string) {
  return parseHTML(`<body>${text}</body>`).document.querySelector('svg')!;
}

/** The points of a drawn line: "M1,2L3,4". */
function pathPoints(path: string) {
  return path
    .slice(1)
    .split('L')
    .map((point) => point.split(',').map(Number));
}

/** Lines of the given colour, longest path last. */
function linesOf(svg: Element, stroke: string) {
  return [...svg.querySelectorAll('[aria-label="line"]')]
    .filter((group) => group.getAttribute('stroke') === stroke)
    .flatMap((group) => [...group.querySelectorAll('path')].map((path) => path.getAttribute('d')!));
}

function texts(svg: Element) {
  return [...svg.querySelectorAll('text')].map((text) => text.textContent);
}

const [blue, orange] = [0, 1].map(seriesColor);
const step = Array.from({ length: 2000 }, (_, k) => k + 1);
const noisy = (seed: number) => step.map((k) => 5 * Math.exp(-k / 500) + 0.1 * normal01(seed, 1, k));

describe('every plot', () => {
  const all = {
    roc: () => rocPlot([{ name: 'a', roc: rocCurve(split([0.4, 0.9], [0.1, 0.5])) }], 'Title'),
    histogram: () =>
      histogramPlot([{ name: 'a', scores: [0.1, 0.5], same: [0, 1], threshold: 0.3 }], 'Title'),
    loss: () => lossPlot([{ name: 'a', x: step, y: noisy(1) }], [{ name: 'bound', value: 0.1 }], 'Title'),
    cosine: () => cosinePlot([{ name: 'a', step, positive: noisy(2), negative: noisy(3) }], 'Title'),
    rate: () => learningRatePlot([{ name: 'a', x: [1, 2, 3], y: [0.1, 0.01, 0.001] }], 'Title'),
    accuracy: () => accuracyPlot([{ name: 'a', x: [1, 2], y: [0.6, 0.7] }], 'lfw-10fold-cos', 'Title'),
  };

  test.each(Object.entries(all))('%s is a stand-alone, labelled, reproducible SVG without NaN', (_, draw) => {
    const text = draw();
    expect(text).toMatch(/^<svg/);
    expect(text).toContain('xmlns="http://www.w3.org/2000/svg"');
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
    expect(draw()).toBe(text);
    const svg = svgOf(text);
    expect(svg.getAttribute('aria-label')).toBeTruthy();
    expect(texts(svg)).toContain('Title');
    expect(svg.querySelector('[aria-label="x-axis label"]')?.textContent).toBeTruthy();
    expect(svg.querySelector('[aria-label="y-axis label"]')?.textContent).toBeTruthy();
  });

  test('names are text, never markup', () => {
    const svg = svgOf(lossPlot([{ name: '<script>&"', x: [1, 2], y: [1, 2] }]));
    expect(svg.querySelector('script')).toBeNull();
    expect(texts(svg)).toContain('<script>&"');
  });

  test('PNG: 1440 pixels wide, white, with colour on it', async () => {
    const png = await plotPng(all.loss());
    const { info, data } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
    expect({ width: info.width, channels: info.channels }).toEqual({ width: 1440, channels: 3 });
    expect([...data.subarray(0, 3)]).toEqual([255, 255, 255]);
    let coloured = 0;
    for (let k = 0; k < data.length; k += 3) if (data[k + 2]! - data[k]! > 100) coloured++;
    expect(coloured).toBeGreaterThan(1000);
  });
});

describe('ROC', () => {
  // 1000 impostors 0 … 999; genuine pairs above 10 %, 1 % and 0.1 % of them.
  const impostor = Array.from({ length: 1000 }, (_, k) => k);
  const svg = svgOf(rocPlot([{ name: 'net', roc: rocCurve(split([899.5, 989.5, 998.5, 998.6], impostor)) }]));

  test('the axis is logarithmic, from the rate of one impostor pair to 1', () => {
    const labels = [...svg.querySelectorAll('[aria-label="x-axis tick label"] text')].map(
      (text) => text.textContent,
    );
    expect(labels).toEqual(['0.1%', '1%', '10%', '100%']);
    const points = pathPoints(linesOf(svg, blue!)[0]!);
    const [left, right] = [points[0]![0], points[points.length - 1]![0]];
    const [bottom, top] = [340 + points[points.length - 1]![1]!, points[points.length - 1]![1]];
    const tarAt = (far: number) => {
      const x = left! + ((right! - left!) * (Math.log10(far) + 3)) / 3;
      const highest = Math.min(...points.filter(([px]) => px! <= x + 0.6).map(([, py]) => py!));
      return (bottom - highest) / (bottom - top!);
    };
    expect(tarAt(0.001)).toBeCloseTo(0.5, 2);
    expect(tarAt(0.0095)).toBeCloseTo(0.5, 2);
    expect(tarAt(0.0105)).toBeCloseTo(0.75, 2);
    expect(tarAt(0.2)).toBeCloseTo(1, 2);
  });

  test('runs are overlaid, each with its legend entry', () => {
    const roc = rocCurve(split([1, 2], [0, 1]));
    const two = svgOf(
      rocPlot([
        { name: 'softmax', roc },
        { name: 'NormFace', roc },
      ]),
    );
    expect(linesOf(two, blue!)).toHaveLength(1);
    expect(linesOf(two, orange!)).toHaveLength(1);
    expect(texts(two)).toEqual(expect.arrayContaining(['softmax', 'NormFace', 'chance']));
  });
});

describe('histograms', () => {
  test('the two kinds overlap instead of being stacked, and each adds up to one', () => {
    const scores = [0.51, 0.51, 0.51, 0.56, 0.51, 0.51, 1, -1];
    const same = [1, 1, 1, 1, 0, 0, 1, 0];
    const svg = svgOf(histogramPlot([{ name: 'a', scores, same }]));
    const bars = [...svg.querySelectorAll('[aria-label="rect"] rect')].map((bar) => ({
      fill: bar.getAttribute('fill'),
      bottom: Number(bar.getAttribute('y')) + Number(bar.getAttribute('height')),
      height: Number(bar.getAttribute('height')),
    }));
    expect(bars).toHaveLength(5);
    for (const bar of bars) expect(bar.bottom).toBeCloseTo(bars[0]!.bottom, 9);
    const sum = (fill: string) =>
      bars.filter((bar) => bar.fill === fill).reduce((total, bar) => total + bar.height, 0);
    expect(sum(blue!)).toBeCloseTo(sum(orange!), 9);
  });

  test('several runs stand above one another, each with its threshold', () => {
    const run = (name: string, threshold: number) => ({ name, threshold, scores: [0.1, 0.8], same: [0, 1] });
    const svg = svgOf(histogramPlot([run('first', 0.2), run('second', 0.6)]));
    expect(texts(svg)).toEqual(expect.arrayContaining(['first', 'second', 'threshold']));
    const rules = [...svg.querySelectorAll('[aria-label="rule"] line')];
    expect(rules).toHaveLength(2);
    expect(rules[0]!.getAttribute('x1')).not.toBe(rules[1]!.getAttribute('x1'));
  });
});

describe('training curves', () => {
  test('a smooth line over the faint values, and the bound dashed at its value', () => {
    const svg = svgOf(lossPlot([{ name: 'a', x: step, y: noisy(1) }], [{ name: 'bound', value: 2 }]));
    const [faint, strong] = linesOf(svg, blue!).map(pathPoints);
    const roughness = (points: number[][]) =>
      points.slice(1).reduce((sum, [, y], k) => sum + Math.abs(y! - points[k]![1]!), 0);
    expect(roughness(strong!)).toBeLessThan(0.3 * roughness(faint!));
    const rule = svg.querySelector('[aria-label="rule"] line')!;
    expect(rule.parentElement?.getAttribute('stroke-dasharray')).toBeTruthy();
    expect(texts(svg)).toContain('bound');
    const tick = [...svg.querySelectorAll('[aria-label="y-axis tick label"] text')].find(
      (text) => text.textContent === '2',
    );
    expect(tick?.getAttribute('transform')).toContain(`,${rule.getAttribute('y1')})`);
  });

  test('long logs give small files; gaps and empty logs are no error', () => {
    const n = 300_000;
    const x = Float64Array.from({ length: n }, (_, k) => k);
    const y = Float64Array.from({ length: n }, (_, k) => Math.sin(k / 9000) + normal01(1, 1, k));
    expect(lossPlot([{ name: 'long', x, y }]).length).toBeLessThan(60_000);
    const gap = svgOf(
      accuracyPlot([{ name: 'a', x: [1, 2, 3, 4, 5], y: [0.5, 0.6, Number.NaN, 0.7, 0.8] }], 'rule'),
    );
    expect(linesOf(gap, blue!)[0]!.match(/M/g)).toHaveLength(2);
    for (const empty of [lossPlot([]), lossPlot([{ name: 'a', x: [], y: [] }]), learningRatePlot([])]) {
      expect(texts(svgOf(empty))).toContain('no data');
    }
  });

  test('a learning rate that spans decades is drawn on a logarithmic axis', () => {
    const ticks = (y: number[]) =>
      [
        ...svgOf(learningRatePlot([{ name: 'a', x: y, y }])).querySelectorAll(
          '[aria-label="y-axis tick label"] text',
        ),
      ].map((text) => text.textContent);
    expect(ticks([0.05, 0.005, 0.0005])).toEqual([
      '0.0005',
      '0.001',
      '0.002',
      '0.005',
      '0.01',
      '0.02',
      '0.05',
    ]);
    expect(ticks([0.05, 0.01])[0]).toBe('0');
  });

  test('cosines of a run share a colour; those of other classes are dashed', () => {
    const curves = { step: [1, 2], positive: [0.1, 0.6], negative: [0, 0] };
    const svg = svgOf(
      cosinePlot([
        { name: 'a', ...curves },
        { name: 'b', ...curves },
      ]),
    );
    const groups = [...svg.querySelectorAll('[aria-label="line"]')];
    expect(
      groups.map((group) => [group.getAttribute('stroke'), group.hasAttribute('stroke-dasharray')]),
    ).toEqual([
      [blue, false],
      [blue, true],
      [orange, false],
      [orange, true],
    ]);
    expect(texts(svg)).toEqual(expect.arrayContaining(['a', 'b', 'own class', 'other classes']));
  });
});
