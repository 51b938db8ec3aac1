import { describe, expect, test } from 'vitest';
import { ArgumentError } from '../../src/engine/core/errors.ts';
import { hash32 } from '../../src/engine/core/random.ts';
import type { Scope } from '../../src/engine/core/scope.ts';
import { TensorScopes } from '../../src/engine/core/scopes.ts';
import { type Device, Tensor } from '../../src/engine/core/tensor.ts';
import { BufferPool } from '../../src/engine/runtime/memory.ts';

/** Tensors without a GPU: their memory is counted by a real pool. */
function fakeDevice() {
  const scopes = new TensorScopes();
  const pool = new BufferPool((size) => ({ size }) as GPUBuffer);
  const device = { scopes, noteView() {} } as unknown as Device;
  const make = () => new Tensor(device, [64], 'f32', pool.allocate(256));
  const scope = <T>(body: (scope: Scope) => T): T => scopes.run(body);
  return { scopes, pool, make, scope };
}

/** A promise and what resolves it. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe('asynchronous scopes side by side', () => {
  test('free neither what another goes on using nor what it returns', async () => {
    const { pool, make, scope } = fakeDevice();
    const [a, b] = [gate(), gate()];
    const first = scope(async () => {
      const early = make();
      await a.opened;
      const late = make();
      await b.opened;
      return [early.isDisposed, late.isDisposed];
    });
    const second = scope(async () => {
      await a.opened;
      await Promise.resolve();
      return make();
    });
    a.open();
    const result = await second;
    b.open();
    expect(await first).toEqual([false, false]);
    expect(result.isDisposed).toBe(false);
    expect(pool.used).toBe(result.bytes);
  });

  test('free at once what is surely theirs, and the rest when the last has ended', async () => {
    const { pool, make, scope } = fakeDevice();
    const [a, b] = [gate(), gate()];
    const made: Tensor[] = [];
    const note = () => made.push(make());
    const first = scope(async (own) => {
      note();
      await a.opened;
      own.run(note);
      scope(note);
      note();
    });
    const second = scope(() => b.opened);
    note();
    a.open();
    await first;
    const freed = () => made.map(({ isDisposed }) => isDisposed);
    expect(freed()).toEqual([true, false, true, true, false]);
    b.open();
    await second;
    expect(freed()).toEqual([true, false, true, true, true]);
    made[1]!.dispose();
    expect(pool.used).toBe(0);
  });

  test('one inside the other: the result of the inner one belongs to the outer one', async () => {
    const { pool, make, scope } = fakeDevice();
    const seen = await scope(async () => {
      await null;
      const inner = await scope(async () => {
        make();
        await null;
        return { kept: make() };
      });
      await null;
      return inner.kept.isDisposed;
    });
    expect(seen).toBe(false);
    expect(pool.used).toBe(0);
  });

  test('end when the body throws, before or after an await', async () => {
    const { pool, make, scope } = fakeDevice();
    const other = gate();
    const beside = scope(() => other.opened);
    const failing = scope(async () => {
      make();
      await null;
      make();
      throw new Error('as told');
    });
    await expect(failing).rejects.toThrow('as told');
    expect(pool.used).toBe(256);
    other.open();
    await beside;
    expect(() =>
      scope(() => {
        make();
        throw new Error('as told');
      }),
    ).toThrow('as told');
    expect(pool.used).toBe(0);
  });

  test('what the engine makes for itself belongs to none of them', async () => {
    const { pool, scopes, make, scope } = fakeDevice();
    const constant = await scope(async () => {
      await null;
      return [scopes.untracked(() => scope(make))];
    });
    expect(constant[0]!.isDisposed).toBe(false);
    expect(pool.used).toBe(256);
  });

  test('nothing can be made in a scope that has ended', async () => {
    const { scope, make } = fakeDevice();
    let kept: Scope | undefined;
    scope((own) => {
      kept = own;
    });
    expect(() => kept!.run(make)).toThrow(ArgumentError);
    expect(() => kept!.run(make)).toThrow(/^scope.run: this scope has ended$/);
  });

  test.each(Array.from({ length: 200 }, (_, seed) => seed))(
    'random interleavings of 2 or 3 use only what lives, and leave only their results (seed %i)',
    async (seed) => {
      const { pool, make, scope } = fakeDevice();
      let draws = 0;
      const draw = (below: number) => hash32(seed, draws++) % below;
      const turns: (() => void)[] = [];
      const turn = () => new Promise<void>((resolve) => turns.push(resolve));

      /** A body that may use what its callers have; it returns a part of what it has itself. */
      const body = async (own: Scope, outside: readonly Tensor[], depth: number): Promise<Tensor[]> => {
        const mine: Tensor[] = [];
        const inner = (scopeOf: Scope) => body(scopeOf, [...outside, ...mine], depth + 1);
        const steps: (() => unknown)[] = [
          turn,
          turn,
          () => mine.push(make()),
          () => mine.push(own.run(make)),
          () => mine.push(scope(() => [make(), make()])[draw(2)]!),
          () => mine.splice(0, draw(2)).forEach((tensor) => void tensor.dispose()),
          async () => {
            if (depth < 2) mine.push(...(await scope(inner)));
          },
        ];
        for (let left = 2 + draw(8); left > 0; left--) {
          await steps[draw(steps.length)]!();
          for (const tensor of [...outside, ...mine]) expect(tensor.isDisposed).toBe(false);
        }
        return mine.filter(() => draw(3) === 0);
      };

      const before = make();
      const ended: Promise<Tensor[]>[] = [];
      for (let left = 2 + draw(2); left > 0; left--) ended.push(scope((own) => body(own, [before], 0)));
      let done = false;
      const results = Promise.all(ended).finally(() => {
        done = true;
      });
      while (!done) {
        for (let ticks = draw(4); ticks > 0; ticks--) await null;
        turns.splice(draw(turns.length || 1), 1)[0]?.();
        if (draw(3) === 0) await new Promise(setImmediate);
      }
      const kept = (await results).flat();
      for (const tensor of [before, ...kept]) expect(tensor.isDisposed).toBe(false);
      expect(pool.used).toBe(256 * (1 + kept.length));
      for (const tensor of [before, ...kept]) tensor.dispose();
      expect(pool.used).toBe(0);
    },
  );
});
