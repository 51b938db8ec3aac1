import { describe, expect, test } from 'vitest';
import { hash32, normal01, uniform01 } from '../../src/engine/core/random.ts';
import { dropout } from '../../src/engine/ops/elementwise/dropout.ts';
import { imageBatch } from '../../src/engine/ops/images/image_batch.ts';
import { slice } from '../../src/engine/ops/shape/slice.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

/** Calls the WGSL functions on quadruples of words. */
const twin = {
  name: 'random_twin',
  source: /* wgsl */ `
import package::lib::random::{hash32, uniform01};
import constants::COUNT;
@group(0) @binding(0) var<storage, read> words: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> hashes: array<u32>;
@group(0) @binding(2) var<storage, read_write> uniforms: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= COUNT) { return; }
  let w = words[id.x];
  hashes[id.x] = hash32(w.x, w.y, w.z, w.w);
  uniforms[id.x] = uniform01(w.x, w.y, w.z, 0u);
}`,
};

test('the WGSL twin equals the TypeScript functions bit for bit', async () => {
  const edges = [0, 1, 2, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 0x9e3779b9];
  const quadruples: number[][] = [];
  for (const a of edges)
    for (const b of edges) for (const c of edges) for (const d of edges) quadruples.push([a, b, c, d]);
  for (let i = 0; i < 4000; i++) quadruples.push([1, 2, 3, 4].map((k) => hash32(k, i)));
  const count = quadruples.length;
  const words = device.tensor(quadruples.flat(), [count, 4], 'u32');
  const hashes = device.empty([count], 'u32');
  const uniforms = device.empty([count]);
  device.dispatch({
    kernel: twin,
    constants: { COUNT: count },
    bindings: { words, hashes, uniforms },
    grid: [Math.ceil(count / 64), 1, 1],
    cost: { flops: 0, bytes: 0 },
  });
  const expected = Uint32Array.from(quadruples, ([a, b, c, d]) => hash32(a!, b, c, d));
  expect(await hashes.read()).toEqual(expected);
  const numbers = Float32Array.from(quadruples, ([a, b, c]) => uniform01(a!, b!, c!));
  expect(await uniforms.read()).toEqual(numbers);
});

describe('the hash', () => {
  test('is pinned: the same seed gives the same bits in every version', () => {
    expect([hash32(0), hash32(1, 2, 3, 4), hash32(0xffffffff, 0, 0, 7)]).toEqual([
      1994780754, 3326836827, 4172073115,
    ]);
  });

  test('flips half of the output bits when one input bit flips', () => {
    const count = 500;
    for (const word of [0, 1, 2, 3]) {
      let flipped = 0;
      for (let i = 0; i < count; i++) {
        const words = [hash32(i), hash32(i, 1), hash32(i, 2), hash32(i, 3)];
        const changed = words.map((value, k) => (k === word ? (value ^ (1 << (i % 32))) >>> 0 : value));
        const [a, b, c, d] = words;
        const [e, f, g, h] = changed;
        let bits = hash32(a!, b, c, d) ^ hash32(e!, f, g, h);
        for (; bits !== 0; bits &= bits - 1) flipped++;
      }
      // Standard deviation of the mean: √(32·¼ / 500) = 0.13.
      expect(Math.abs(flipped / count - 16)).toBeLessThan(0.8);
    }
  });

  test('makes uniform and normal numbers of the right moments', () => {
    const count = 20_000;
    const indices = Array.from({ length: count }, (_, i) => i);
    const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    const uniforms = indices.map((i) => uniform01(3, 1, i));
    expect(uniforms.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(Math.abs(mean(uniforms) - 0.5)).toBeLessThan(0.01);
    expect(Math.abs(mean(uniforms.map((u) => (u - 0.5) ** 2)) - 1 / 12)).toBeLessThan(0.003);
    const normals = indices.map((i) => normal01(3, 1, i));
    expect(Math.abs(mean(normals))).toBeLessThan(0.03);
    expect(Math.abs(mean(normals.map((z) => z * z)) - 1)).toBeLessThan(0.05);
    expect(normals.every(Number.isFinite)).toBe(true);
  });
});

describe('random operators', () => {
  const size = 4096;
  const ones = () => device.tensor(new Float32Array(size).fill(1), [size]);

  test('same seed and step, same bits; another seed, step or operator of the step, other bits', async () => {
    const draw = async (seed: number, step: number): Promise<Float32Array> => {
      device.setRandom(seed, step);
      return dropout(ones(), 0.5).readFloats();
    };
    const first = await draw(1, 1);
    expect(await draw(1, 1)).toEqual(first);
    expect(await draw(2, 1)).not.toEqual(first);
    expect(await draw(1, 2)).not.toEqual(first);
    device.setRandom(1, 1);
    const [a, b] = [dropout(ones(), 0.5), dropout(ones(), 0.5)];
    expect(await a.readFloats()).toEqual(first);
    expect(await b.readFloats()).not.toEqual(first);
  });

  test('a captured step draws by the step number of each run, as eager mode does', async () => {
    const x = ones();
    const work = () => ({ a: dropout(x, 0.3), b: dropout(x, 0.3) });
    const step = device.capture(work);
    for (const number of [0, 1, 7]) {
      device.setRandom(9, number);
      step.run();
      const captured = [await step.outputs.a.readFloats(), await step.outputs.b.readFloats()];
      device.setRandom(9, number);
      const eager = work();
      expect(captured).toEqual([await eager.a.readFloats(), await eager.b.readFloats()]);
    }
    step.dispose();
  });

  test('the rows of a part of a batch draw what they draw in the whole batch', async () => {
    const [rows, columns, side] = [16, 64, 8];
    const x = device.tensor(new Float32Array(rows * columns).fill(1), [rows, columns]);
    const pixels = Uint8Array.from({ length: rows * side * side * 4 }, (_, i) => hash32(i) % 256);
    const options = { height: 6, width: 6, crop: 'random', mirror: 'random' } as const;
    const draw = async (first: number, end: number, firstRow = first) => {
      const part = slice(x, { start: [first], end: [end] });
      const images = pixels.subarray(first * side * side * 4, end * side * side * 4);
      device.setRandom(9, 4, firstRow);
      return [
        await imageBatch(device.images(images, [end - first, side, side]), options).readFloats(),
        await dropout(part, 0.5).readFloats(),
      ] as const;
    };
    const whole = await draw(0, rows);
    const parts = [await draw(0, 6), await draw(6, 11), await draw(11, rows)];
    for (const i of [0, 1] as const)
      expect(Float32Array.from(parts.flatMap((part) => [...part[i]]))).toEqual(whole[i]);
    for (const i of [0, 1] as const) expect((await draw(6, 11, 0))[i]).not.toEqual(parts[1]![i]);
  });

  test('dropout keeps the share it should, scaled to the same mean', async () => {
    device.setRandom(5, 0);
    for (const rate of [0.1, 0.5, 0.9]) {
      const y = await dropout(ones(), rate).readFloats();
      const kept = y.filter((value) => value !== 0);
      expect(kept.every((value) => Math.abs(value - 1 / (1 - rate)) < 1e-5)).toBe(true);
      // Five standard deviations.
      expect(Math.abs(kept.length / size - (1 - rate))).toBeLessThan(
        5 * Math.sqrt((rate * (1 - rate)) / size),
      );
    }
  });

  test('image batches mirror half of the pictures and reach every shift equally', async () => {
    const [n, side, shift] = [2000, 6, 2];
    // Red tells the column, green the row.
    const pixels = Uint8Array.from({ length: n * side * side * 4 }, (_, i) => {
      const pixel = Math.floor(i / 4) % (side * side);
      return [pixel % side, Math.floor(pixel / side), 0, 255][i % 4]!;
    });
    device.setRandom(11, 3);
    const images = device.images(pixels, [n, side, side]);
    const options = { height: 2, width: 2, shift, mirror: 'random', mean: 0, scale: 1 } as const;
    const y = await imageBatch(images, options).readFloats();
    let mirrored = 0;
    const places = new Map<string, number>();
    for (let image = 0; image < n; image++) {
      const [left, right, top] = [y[image * 12]!, y[image * 12 + 3]!, y[image * 12 + 1]!];
      expect(Math.abs(left - right)).toBe(1);
      if (left > right) mirrored++;
      const place = `${top} ${Math.min(left, right)}`;
      places.set(place, (places.get(place) ?? 0) + 1);
    }
    expect(Math.abs(mirrored / n - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / n));
    // The crop is centred at 2, so it starts at 0 … 4 in both directions: 25 places of 80 pictures each.
    expect(places.size).toBe(25);
    for (const count of places.values()) expect(Math.abs(count - n / 25)).toBeLessThan(5 * Math.sqrt(n / 25));
  });
});
