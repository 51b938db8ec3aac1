import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { hash32 } from '../../../src/engine/core/random.ts';
import { planMemory } from '../../../src/engine/runtime/memory.ts';
import { liveBytes } from '../../../src/inspector/profile/live-bytes.ts';
import { memorySvg } from '../../../src/inspector/profile/memory-svg.ts';
import type { MemoryMap } from '../../../src/inspector/profile/profile.ts';
import { sample } from './sample.ts';

interface Box {
  readonly title: string;
  readonly fill: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The rectangles of tensors. */
function boxesOf(svg: string): Box[] {
  const { document } = parseHTML(`<body>${svg}</body>`);
  return [...document.querySelectorAll('g')].flatMap((group) => {
    const rectangle = group.querySelector('rect');
    if (!rectangle) return [];
    const number = (name: string) => Number(rectangle.getAttribute(name));
    const title = group.querySelector('title')!.textContent!;
    const fill = rectangle.getAttribute('fill')!;
    return [
      { title, fill, x: number('x'), y: number('y'), width: number('width'), height: number('height') },
    ];
  });
}

/** Coordinates are rounded to hundredths. */
const slack = 0.02;

const overlap = (a: Box, b: Box): boolean =>
  a.x + a.width > b.x + slack &&
  b.x + b.width > a.x + slack &&
  a.y + a.height > b.y + slack &&
  b.y + b.height > a.y + slack;

function overlaps(boxes: readonly Box[]): string[] {
  return boxes.flatMap((a, i) =>
    boxes.slice(i + 1).flatMap((b) => (overlap(a, b) ? [`${a.title} and ${b.title}`] : [])),
  );
}

/** A plan of the engine for lifetimes drawn at random. */
function planned(count: number, dispatches: number): MemoryMap {
  const lifetimes = Array.from({ length: count }, (_, i) => {
    const first = hash32(i, 1) % dispatches;
    const last = Math.min(dispatches, first + (hash32(i, 2) % 20));
    return { bytes: 4 + (hash32(i, 3) % 200_000), first, last, conflicts: new Set<never>() };
  });
  const { placements, blocks } = planMemory(lifetimes);
  const residents = lifetimes.map((lifetime, i) => ({
    label: `add: y${i} [${lifetime.bytes}]`,
    ...lifetime,
    ...placements.get(lifetime)!,
  }));
  return { blocks, residents, dispatches };
}

test('every tensor is one rectangle, and none covers another', () => {
  const boxes = boxesOf(memorySvg(sample.memory, sample.dispatches));
  expect(boxes.length).toBe(sample.memory.residents.length);
  expect(overlaps(boxes)).toEqual([]);
  const memory = planned(120, 80);
  const dispatches = Array.from({ length: 80 }, () => ({
    operator: 'add',
    phase: 'forward' as const,
    kernel: 'add',
  }));
  const drawn = boxesOf(memorySvg(memory, dispatches));
  expect(drawn.length).toBe(120);
  expect(overlaps(drawn)).toEqual([]);
});

test('a plan with two live tensors in one place would show', () => {
  const [first, ...others] = sample.memory.residents;
  const wrong = { ...sample.memory, residents: [{ ...first!, last: 6 }, ...others] };
  expect(overlaps(boxesOf(memorySvg(wrong, sample.dispatches))).length).toBe(1);
});

test('width is life and height is size', () => {
  const boxes = boxesOf(memorySvg(sample.memory, sample.dispatches));
  const find = (label: string) => boxes.find(({ title }) => title.startsWith(label))!;
  const dispatch = find('imageBatch').width / 4;
  expect(find('conv2d: y').width).toBeCloseTo(5 * dispatch, 1);
  // What the step returns lives to the end, not longer.
  expect(find('softmaxLoss').width).toBeCloseTo(5 * dispatch, 1);
  expect(find('conv2d: y').height / find('imageBatch').height).toBeCloseTo(600 / 256, 2);
});

test('a tensor is named, placed and coloured by its operator', () => {
  const svg = memorySvg(sample.memory, sample.dispatches);
  const boxes = boxesOf(svg);
  const last = boxes.find(({ title }) => title.includes('backward'))!;
  expect(last.title).toContain('250 KiB at 0 B');
  expect(last.title).toContain('from dispatch 6 (gemm/tile_product_subgroup) to 7 (fill)');
  const image = boxes.find(({ title }) => title.startsWith('imageBatch'))!;
  expect(image.fill).not.toBe(last.fill);
  expect(svg).toContain('softmaxLoss: loss [] &lt;x&gt;');
  expect(svg).not.toContain('<x>');
});

test('the plan is judged by the bytes that are live at once', () => {
  expect(liveBytes(sample.memory)).toEqual([
    256_000, 768_000, 1_368_000, 856_000, 600_004, 600_004, 856_004, 256_004, 4,
  ]);
  const svg = memorySvg(sample.memory, sample.dispatches);
  expect(svg).toContain('at most 1.30 MiB, in dispatch 2, 89.1 % of the 1.46 MiB that the arena takes');
});

test('a step without intermediates is a picture too', () => {
  expect(memorySvg({ blocks: [], residents: [], dispatches: 0 }, [])).not.toMatch(/NaN|Infinity/);
  expect(memorySvg(sample.memory, sample.dispatches)).not.toMatch(/NaN|Infinity/);
});
