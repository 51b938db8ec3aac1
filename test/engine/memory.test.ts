import { describe, expect, test } from 'vitest';
import { hash32 } from '../../src/engine/core/random.ts';
import { add } from '../../src/engine/ops/elementwise/add.ts';
import { scale } from '../../src/engine/ops/elementwise/scale.ts';
import { sum } from '../../src/engine/ops/reduce/sum.ts';
import {
  align,
  BufferPool,
  bindingAlignment,
  type Lifetime,
  planMemory,
  Storage,
} from '../../src/engine/runtime/memory.ts';
import { runtimeOf } from '../../src/engine/runtime/runtime.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

interface MutableLifetime extends Lifetime {
  readonly conflicts: Set<Lifetime>;
}

const lifetime = (bytes: number, first: number, last: number): MutableLifetime => ({
  bytes,
  first,
  last,
  conflicts: new Set(),
});

function conflict(a: MutableLifetime, b: MutableLifetime): void {
  a.conflicts.add(b);
  b.conflicts.add(a);
}

/** Random lifetimes over 100 dispatches, with conflicts among some that live at the same time. */
function randomLifetimes(seed: number, count: number): MutableLifetime[] {
  const lifetimes = Array.from({ length: count }, (_, i) => {
    const first = hash32(seed, i, 0) % 100;
    const length = hash32(seed, i, 1) % 30;
    return lifetime(1 + (hash32(seed, i, 2) % 5000), first, Math.min(99, first + length));
  });
  lifetimes.forEach((a, i) => {
    lifetimes.slice(i + 1).forEach((b, j) => {
      const together = a.first <= b.last && b.first <= a.last;
      if (together && hash32(seed, i, 3, j) % 10 === 0) conflict(a, b);
    });
  });
  return lifetimes;
}

describe('the planner', () => {
  test.each([1, 2, 3, 4, 5])('keeps random lifetimes apart (seed %i)', (seed) => {
    const lifetimes = randomLifetimes(seed, 150);
    const { placements, blocks } = planMemory(lifetimes);
    let shared = 0;
    lifetimes.forEach((a, i) => {
      const placeA = placements.get(a)!;
      expect(placeA.offset % bindingAlignment).toBe(0);
      expect(placeA.offset + a.bytes).toBeLessThanOrEqual(blocks[placeA.block]!);
      for (const b of lifetimes.slice(i + 1)) {
        const placeB = placements.get(b)!;
        if (a.conflicts.has(b)) expect(placeA.block).not.toBe(placeB.block);
        const sameBytes =
          placeA.block === placeB.block &&
          placeA.offset < placeB.offset + b.bytes &&
          placeB.offset < placeA.offset + a.bytes;
        const sameTime = a.first <= b.last && b.first <= a.last;
        expect(sameBytes && sameTime).toBe(false);
        if (sameBytes) shared++;
      }
    });
    expect(shared).toBeGreaterThan(0);
    const total = blocks.reduce((a, b) => a + b, 0);
    expect(total).toBeLessThan(0.6 * lifetimes.reduce((bytes, { bytes: own }) => bytes + align(own), 0));
  });

  test('reaches the least possible size for a chain, in two blocks that alternate', () => {
    const chain = Array.from({ length: 20 }, (_, i) => lifetime(1024, i, i + 1));
    chain.slice(1).forEach((next, i) => {
      conflict(chain[i]!, next);
    });
    expect(planMemory(chain).blocks).toEqual([1024, 1024]);
  });

  test('opens another block rather than exceed the largest buffer', () => {
    const { placements, blocks } = planMemory(
      [lifetime(768, 0, 1), lifetime(512, 0, 1), lifetime(256, 0, 1)],
      1024,
    );
    expect(blocks).toHaveLength(2);
    expect(Math.max(...blocks)).toBeLessThanOrEqual(1024);
    expect(placements.size).toBe(3);
  });

  test('a captured chain needs the memory of its widest place, however long it is', async () => {
    const x = device.tensor(new Float32Array(1024).fill(1), [1024]);
    const capture = (length: number) =>
      device.capture(() => {
        let h = x;
        for (let i = 0; i < length; i++) h = scale(h, -1);
        return h;
      });
    const [short, long] = [capture(4), capture(40)];
    expect(long.arenaBytes).toBe(short.arenaBytes);
    long.run();
    expect([...(await long.outputs.readFloats()).slice(0, 3)]).toEqual([1, 1, 1]);
    short.dispose();
    long.dispose();
    expect(() => long.run()).toThrow(/^run: this step was disposed of$/);
  });

  test('results that a captured step returns are not overwritten by what comes after them', async () => {
    const x = device.tensor([1, 2, 3], [3]);
    const step = device.capture(() => {
      const early = scale(x, 2);
      let h = early;
      for (let i = 0; i < 10; i++) h = add(h, x);
      return { early, late: h };
    });
    step.run();
    expect([...(await step.outputs.early.readFloats())]).toEqual([2, 4, 6]);
    expect([...(await step.outputs.late.readFloats())]).toEqual([12, 24, 36]);
    step.dispose();
  });
});

describe('the pool', () => {
  const fakeBuffers = () => {
    const made: { size: number; destroyed: boolean }[] = [];
    const create = (size: number): GPUBuffer => {
      const buffer = { size, destroyed: false, destroy: () => Object.assign(buffer, { destroyed: true }) };
      made.push(buffer);
      return buffer as unknown as GPUBuffer;
    };
    return { made, create };
  };

  test('reuses buffers of the same size class and counts bytes', () => {
    const { made, create } = fakeBuffers();
    const pool = new BufferPool(create);
    const a = pool.allocate(1000);
    a.retain();
    expect([pool.used, pool.reserved, pool.peak]).toEqual([1024, 1024, 1024]);
    a.release();
    expect([pool.used, pool.reserved]).toEqual([0, 1024]);
    const b = pool.allocate(900);
    b.retain();
    expect(made).toHaveLength(1);
    pool.allocate(900).retain();
    expect(made).toHaveLength(2);
    b.release();
    pool.trim();
    expect(made.map(({ destroyed }) => destroyed)).toEqual([true, false]);
    expect([pool.used, pool.reserved, pool.peak]).toEqual([1024, 1024, 2048]);
  });

  test('wastes at most a fifth past the smallest sizes, and never exceeds the largest buffer', () => {
    const { create } = fakeBuffers();
    const pool = new BufferPool(create, 1e6);
    for (const bytes of [1, 257, 5000, 70_001, 999_999]) {
      const before = pool.reserved;
      pool.allocate(bytes).retain();
      const got = pool.reserved - before;
      expect(got).toBeGreaterThanOrEqual(bytes);
      expect(got).toBeLessThanOrEqual(Math.max(bytes * 1.25, bytes + bindingAlignment));
      expect(got).toBeLessThanOrEqual(1e6);
    }
  });

  test('a buffer that two views share goes back when both are gone', () => {
    const x = device.tensor([1, 2, 3, 4], [4]);
    const view = x.view([2, 2]);
    const { used } = device.memory();
    x.dispose();
    expect(device.memory().used).toBe(used);
    view.dispose();
    expect(device.memory().used).toBeLessThan(used);
    view.dispose();
    expect(device.memory().used).toBeLessThan(used);
  });

  test('an eager loop inside scopes needs no more memory the thirtieth time', async () => {
    const x = device.tensor(new Float32Array(5000).fill(1), [5000]).requireGradient();
    const once = () =>
      device.scope(() => {
        const loss = sum(scale(scale(x, 2), 0.5));
        loss.backward();
        return loss.item();
      });
    await once();
    await once();
    const { used, reserved } = device.memory();
    for (let i = 0; i < 30; i++) await once();
    expect(device.memory().used).toBe(used);
    expect(device.memory().reserved).toBe(reserved);
  });
});

test('a window follows its memory to wherever that is placed, and is revoked with it', () => {
  const whole = new Storage(4096, null);
  const window = whole.window(1024, 2048);
  const inner = window.window(256, 512);
  expect(window.buffer).toBeNull();
  const buffer = runtimeOf(device).createBuffer(16384);
  whole.place(buffer, 8192);
  expect([window.buffer, window.offset, window.bytes]).toEqual([buffer, 8192 + 1024, 2048]);
  expect([inner.root, inner.offset, inner.bytes]).toEqual([whole, 8192 + 1024 + 256, 512]);
  whole.revoke();
  expect(inner.buffer).toBeNull();
  buffer.destroy();
});

describe('scopes', () => {
  test('free what was made inside, except what they return at any depth', async () => {
    const { used } = device.memory();
    const result = await device.scope(async () => {
      const x = device.tensor([1, 2], [2]);
      const [a, b, c] = [scale(x, 2), scale(x, 3), scale(x, 4)];
      await c.read();
      return { a, more: [b], text: 'kept as it is', inside: { x, c } };
    });
    expect([result.a, result.more[0]!].map((tensor) => tensor.isDisposed)).toEqual([false, false]);
    expect([...(await result.inside.c.readFloats())]).toEqual([4, 8]);
    for (const tensor of [result.a, result.more[0]!, result.inside.x, result.inside.c]) tensor.dispose();
    expect(device.memory().used).toBe(used);
  });

  test('nest: what an inner one returns belongs to the outer one', () => {
    const { used } = device.memory();
    device.scope(() => {
      const inner = device.scope(() => scale(device.tensor([1], [1]), 2));
      expect(inner.isDisposed).toBe(false);
    });
    expect(device.memory().used).toBe(used);
  });

  test('free everything when their body throws, at once or later', async () => {
    const { used } = device.memory();
    const fail = (): never => {
      device.tensor([1], [1]);
      throw new Error('on purpose');
    };
    expect(() => device.scope(fail)).toThrow('on purpose');
    await expect(device.scope(async () => fail())).rejects.toThrow('on purpose');
    expect(device.memory().used).toBe(used);
  });
});

describe('use after disposal', () => {
  const gone = () => {
    const tensor = device.tensor([1, 2], [2]);
    tensor.dispose();
    return tensor;
  };
  const message = /a tensor of shape \[2\] was used after it was disposed of$/;

  test('by an operator names the operator', () => {
    expect(() => scale(gone(), 2)).toThrow(
      /^scale: a tensor of shape \[2\] was used after it was disposed of$/,
    );
  });

  test('by read, write and view', async () => {
    await expect(gone().read()).rejects.toThrow(message);
    expect(() => gone().write([1, 2])).toThrow(message);
    expect(() => gone().view([1, 2])).toThrow(message);
  });

  test('use of an intermediate that a captured step does not return', async () => {
    const x = device.tensor([1], [1]);
    let hidden = x;
    const step = device.capture(() => {
      hidden = scale(x, 2);
      return scale(hidden, 2);
    });
    expect(() => hidden.write([1])).toThrow(/^write: .*captured step/);
    await expect(hidden.read()).rejects.toThrow(/^read: .*intermediate of a captured step/);
    const message = /^scale: a tensor of shape \[1\] is an intermediate of a captured step; return it/;
    expect(() => scale(hidden, 2)).toThrow(message);
    expect(() => device.capture(() => scale(hidden, 2))).toThrow(message);
    step.run();
    expect(await step.outputs.item()).toBe(4);
    step.dispose();
  });
});
