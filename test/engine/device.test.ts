import { describe, expect, test } from 'vitest';
import { DeviceError, ShapeError } from '../../src/engine/core/errors.ts';
import type { Device } from '../../src/engine/core/tensor.ts';
import { fill } from '../../src/engine/ops/elementwise/fill.ts';
import { relu } from '../../src/engine/ops/elementwise/relu.ts';
import { scale } from '../../src/engine/ops/elementwise/scale.ts';
import { slice } from '../../src/engine/ops/shape/slice.ts';
import { describeAdapter } from '../../src/engine/runtime/adapter.ts';
import { listAdapters, openDevice } from '../../src/engine/runtime/device.node.ts';
import { runtimeOf } from '../../src/engine/runtime/runtime.ts';
import { testDevice } from './open.ts';

const device = await testDevice();
const cost = { flops: 0, bytes: 0 };

const broken = {
  name: 'broken',
  source: /* wgsl */ `
@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(1)
fn main() {
  let value: u32 = 1.5;
  y[0] = f32(value);
}`,
};

describe('opening', () => {
  test('reports the adapter', () => {
    const { report } = device;
    expect(report.limits.maxStorageBufferBindingSize).toBeGreaterThanOrEqual(128 * 2 ** 20);
    expect(report.limits.maxStorageBuffersPerShaderStage).toBeGreaterThanOrEqual(8);
    expect(typeof report.software).toBe('boolean');
    expect(describeAdapter(report)).toMatch(
      /^adapter .+ · (software|hardware) · driver .+\n\s+subgroup size .+/,
    );
  });

  test('lists adapters, and finds one by a part of its name', async () => {
    const names = await listAdapters();
    expect(names.length).toBeGreaterThan(0);
    const found = await openDevice({ adapter: names[0]!.slice(0, 8).toUpperCase() });
    expect(await scale(found.tensor([2], [1]), 3).item()).toBe(6);
    found.close();
  });

  test('refuses an adapter that does not exist, and names those that do', async () => {
    await expect(openDevice({ adapter: 'abacus' })).rejects.toThrow(
      /^no adapter is called abacus; there are: .+/,
    );
    await expect(openDevice({ adapter: 'abacus' })).rejects.toBeInstanceOf(DeviceError);
  });

  test.runIf(device.report.software)('refuses a software driver where none is allowed', async () => {
    await expect(openDevice({ allowSoftware: false })).rejects.toThrow(
      /^the only adapter is a software driver \(.+\), and software drivers are not allowed$/,
    );
  });

  test('fast mode computes the same', async () => {
    const fast = await openDevice({ mode: 'fast' });
    const numbers = [1.5, -2, 1e-3];
    const [a, b] = [fast, device].map((any) => scale(any.tensor(numbers, [3]), 0.3).readFloats());
    expect(await a).toEqual(await b);
    fast.close();
  });
});

describe('loss of the device', () => {
  test('is named by everything that comes after it', async () => {
    const lost = await openDevice();
    const x = lost.tensor([1, 2], [2]);
    const step = lost.capture(() => scale(x, 2));
    const pending = x.read();
    lost.gpu.destroy();
    const outcome = await pending.then(
      () => null,
      (reason: unknown) => reason,
    );
    if (outcome !== null) {
      expect(outcome).toBeInstanceOf(DeviceError);
      expect((outcome as Error).message).toMatch(/^the GPU device was lost: ./);
    }
    await lost.gpu.lost;
    const message = /^the GPU device was lost: .+/;
    await expect(x.read()).rejects.toThrow(message);
    await expect(x.read()).rejects.toBeInstanceOf(DeviceError);
    await expect(lost.synchronize()).rejects.toThrow(message);
    expect(() => scale(x, 2)).toThrow(message);
    expect(() => x.write([1, 2])).toThrow(message);
    expect(() => lost.tensor([1], [1])).toThrow(message);
    expect(() => step.run()).toThrow(message);
    lost.close();
  });

  test('a closed device says that it was closed', async () => {
    const closed = await openDevice();
    const x = closed.tensor([1], [1]);
    closed.close();
    closed.close();
    await closed.gpu.lost;
    await expect(x.read()).rejects.toThrow(/^the GPU device was closed$/);
    expect(() => scale(x, 2)).toThrow(/^the GPU device was closed$/);
  });
});

describe('kernels', () => {
  test('that do not compile are reported with the line and its text, once', async () => {
    const y = device.tensor([0], [1]);
    const run = () =>
      device.dispatch({ kernel: broken, constants: {}, bindings: { y }, grid: [1, 1, 1], cost });
    run();
    await expect(y.read()).rejects.toThrow(
      /^kernel broken \{\} \{\} does not compile: broken\.wesl:5: .*(u32|type).*\n\s*let value: u32 = 1\.5;$/,
    );
    await device.synchronize();
    device.within('someOperator', run);
    await expect(device.synchronize()).rejects.toThrow(DeviceError);
    expect(await scale(device.tensor([2], [1]), 3).item()).toBe(6);
  });

  test('of one name are told apart by their text, also on another device and after one that was wrong', async () => {
    const text = (body: string): string =>
      `@group(0) @binding(0) var<storage, read_write> y: array<f32>;\n@compute @workgroup_size(1) fn main() { y[0] = ${body}; }`;
    const run = (on: Device, body: string): Promise<number> => {
      const y = on.tensor([3], [1]);
      const kernel = { name: 'mine', source: text(body) };
      on.dispatch({ kernel, constants: {}, bindings: { y }, grid: [1, 1, 1], cost });
      return y.item();
    };
    expect(await run(device, 'y[0] + 1.0')).toBe(4);
    expect(await run(device, 'y[0] * 10.0')).toBe(30);
    await expect(async () => run(device, 'y[0] +')).rejects.toThrow(
      /^kernel mine does not link: mine\.wesl:2:\d+ error: [^\n]*\n {4}@compute .*y\[0\] \+; \}$/,
    );
    expect(await run(device, 'y[0] + 2.0')).toBe(5);
    const other = await openDevice();
    expect(await run(other, 'y[0] * 10.0')).toBe(30);
    other.close();
  });

  test('that import say in whose file the error is', async () => {
    const source = [
      'import package::lib::elements::element;',
      'import constants::SIZE;',
      '@group(0) @binding(0) var<storage, read_write> y: array<f32>;',
      '@if(never) fn unused() {}',
      '@compute @workgroup_size(SIZE) fn main(@builtin(workgroup_id) id: vec3u) {',
      '  let i = element(id, 0u, 0u);',
      '  y[i] = vec2f(1.0);',
      '}',
    ].join('\n');
    const y = device.tensor([0], [1]);
    const constants = { SIZE: 1, COUNT: 1, WORKGROUP: 1, GRID_X: 1, STEPS: 1 };
    const kernel = { name: 'imports', source, file: 'kernels/imports.wesl' };
    device.dispatch({ kernel, constants, bindings: { y }, grid: [1, 1, 1], cost });
    await expect(y.read()).rejects.toThrow(
      /^kernel imports .* does not compile: kernels\/imports\.wesl:7: .*\n {4}y\[i\] = vec2f\(1\.0\);$/s,
    );
    await device.synchronize();
  });

  test('of a captured step can be compiled before it runs', async () => {
    const x = device.tensor([1, -2], [2]);
    const step = device.capture(() => relu(scale(x, 0.7)));
    await Promise.all([step.compile(), step.compile()]);
    step.run();
    expect(await step.outputs.read()).toEqual(await relu(scale(x, 0.7)).read());
    await step.compile();
    step.dispose();
  });

  test('of a captured step that do not compile are reported like others, also when they are compiled before it', async () => {
    const y = device.tensor([0], [1]);
    const kernel = { name: 'brokenStep', source: broken.source };
    const call = { kernel, constants: {}, bindings: { y }, grid: [1, 1, 1], cost } as const;
    const message = /^kernel brokenStep \{\} \{\} does not compile: brokenStep\.wesl:5: /;
    const step = device.capture(() => device.dispatch(call));
    await step.compile();
    await expect(y.read()).rejects.toThrow(message);
    await step.compile();
    step.run();
    await expect(y.read()).rejects.toThrow(message);
    await device.synchronize();
    step.dispose();
  });

  test('larger than the device allows are reported by name', async () => {
    const y = device.tensor([0], [1]);
    const source = broken.source.replace('1.5', '1u').replace('workgroup_size(1)', 'workgroup_size(65536)');
    const kernel = { name: 'large', source };
    const call = { kernel, constants: {}, bindings: { y }, grid: [1, 1, 1], cost } as const;
    for (const ahead of [true, false]) {
      const step = device.capture(() => device.dispatch(call));
      if (ahead) await step.compile();
      step.run();
      await expect(y.read()).rejects.toThrow(/^kernel large \{\} \{\} does not compile: .*65536/s);
      step.dispose();
    }
  });

  test('that bind more buffers than the adapter allows are refused before they run', () => {
    const most = device.report.limits.maxStorageBuffersPerShaderStage;
    const names = Array.from({ length: most + 1 }, (_, i) => `x${i}`);
    const declared = names.map(
      (name, i) => `@group(0) @binding(${i}) var<storage, read_write> ${name}: array<f32>;`,
    );
    const body = names.map((name) => `${name}[0] = 1.0;`).join(' ');
    const source = `${declared.join('\n')}\n@compute @workgroup_size(1) fn main() { ${body} }`;
    const bindings = Object.fromEntries(names.map((name) => [name, device.tensor([0], [1])]));
    expect(() =>
      device.dispatch({ kernel: { name: 'greedy', source }, constants: {}, bindings, grid: [1, 1, 1], cost }),
    ).toThrow(`kernel greedy binds ${most + 1} buffers, and this adapter allows ${most} in a kernel`);
  });

  test('that miss a constant or a tensor are refused before they run', () => {
    const kernel = {
      name: 'needy',
      source:
        'import constants::N; @group(0) @binding(0) var<storage, read_write> y: array<f32>; @compute @workgroup_size(N) fn main() { y[0] = 1.0; }',
    };
    const call = { kernel, bindings: {}, grid: [1, 1, 1], cost } as const;
    expect(() => device.dispatch({ ...call, constants: {} })).toThrow(
      /^kernel needy does not link: needy\.wesl:1:\d+ error: .*constants::N'?\n {4}import constants::N;/,
    );
    expect(() => device.dispatch({ ...call, constants: { M: 1 } })).toThrow(
      /^kernel needy does not link: needy\.wesl:1:109 error: no exported 'N' in module 'constants'\n {4}import constants::N;/,
    );
    expect(() => device.dispatch({ ...call, constants: { N: Number.NaN } })).toThrow(
      /^kernel needy: constant N is NaN$/,
    );
    expect(() => device.dispatch({ ...call, constants: { N: 1 } })).toThrow(
      /^needy: kernel needy has a binding y that got no tensor$/,
    );
  });

  test('with an impossible grid are refused', () => {
    const y = device.tensor([0], [1]);
    for (const grid of [
      [0, 1, 1],
      [70_000, 1, 1],
      [1.5, 1, 1],
    ] as const) {
      const call = { kernel: broken, constants: {}, bindings: { y }, grid, cost };
      expect(() => device.dispatch(call)).toThrow(
        /^broken: kernel broken asks for a grid of .* the adapter allows 1 to/,
      );
    }
  });
});

describe('tensors', () => {
  const huge = [2 ** 20, 2 ** 20];

  test('too large for the adapter are refused before any memory is asked for', () => {
    const { reserved } = device.memory();
    const message =
      /^a tensor of shape \[1048576, 1048576\] needs 4398046511104 bytes, more than a buffer .* use a smaller batch$/;
    expect(() => device.empty(huge)).toThrow(message);
    expect(() => device.zeros(huge)).toThrow(message);
    expect(() => device.tensor([], huge)).toThrow(message);
    expect(() => device.empty(huge)).toThrow(DeviceError);
    expect(device.memory().reserved).toBe(reserved);
  });

  test.runIf(device.report.limits.maxStorageBufferBindingSize < 2 ** 28)(
    'larger than a binding are bound in windows',
    async () => {
      const most = device.report.limits.maxStorageBufferBindingSize / 4;
      await device.scope(async () => {
        const x = device.empty([most + 1]);
        fill(x, 3);
        const ends = slice(scale(x, 2), { start: [most - 2] });
        expect([...(await ends.readFloats())]).toEqual([6, 6, 6]);
      });
      runtimeOf(device).pool.trim();
    },
  );

  test('of the wrong length or an impossible shape are refused, and leave no memory behind', () => {
    const { used } = device.memory();
    expect(() => device.tensor([1, 2, 3], [2])).toThrow(
      /^tensor: got 3 numbers for a tensor of shape \[2\] \(2 elements\)$/,
    );
    for (const shape of [[0], [-1, 2], [1.5], [Number.NaN]]) {
      expect(() => device.tensor([], shape)).toThrow(
        /^tensor: every extent of a shape is a positive integer/,
      );
      expect(() => device.empty(shape)).toThrow(ShapeError);
    }
    expect(device.memory().used).toBe(used);
  });

  test('of every type come back as they were sent', async () => {
    const floats = Float32Array.of(0.1, -0, 3.4e38, 1e-45);
    expect(await device.tensor(floats, [4]).read()).toEqual(floats);
    const words = Uint32Array.of(0, 1, 0xffffffff);
    expect(await device.tensor(words, [3], 'u32').read()).toEqual(words);
    const integers = Int32Array.of(-1, 2 ** 31 - 1);
    expect(await device.tensor(integers, [2], 'i32').read()).toEqual(integers);
    const bytes = Uint8Array.from({ length: 24 }, (_, i) => i * 10);
    expect(await device.images(bytes, [1, 2, 3]).read()).toEqual(bytes);
  });

  test('of another device are refused', async () => {
    const other = await openDevice();
    const kernelOfThis = device.tensor([1], [1]);
    const foreign = other.tensor([1], [1]);
    const { add } = await import('../../src/engine/ops/elementwise/add.ts');
    expect(() => add(kernelOfThis, foreign)).toThrow(
      /^add: a tensor of shape \[1\] belongs to another device$/,
    );
    other.close();
  });

  test('a read sees the work issued before it and none after', async () => {
    const x = device.tensor([1], [1]);
    const reads: Promise<number>[] = [];
    for (let i = 1; i <= 3; i++) {
      x.write([i]);
      reads.push(scale(x, 10).item());
    }
    expect(await Promise.all(reads)).toEqual([10, 20, 30]);
  });
});

describe('looking inside', () => {
  test('dispatches can be rewritten, inside a body', async () => {
    const rewritten = runtimeOf(device).editing(
      (dispatch) => ({ ...dispatch, constants: { ...dispatch.constants, FACTOR: 5 } }),
      () => scale(device.tensor([1, 2], [2]), 3),
    );
    expect([...(await rewritten.readFloats())]).toEqual([5, 10]);
    expect([...(await scale(device.tensor([1, 2], [2]), 3).readFloats())]).toEqual([3, 6]);
  });

  test('free constants can be given by hand; results stay, and what is free is told', async () => {
    const x = device.tensor(
      Float32Array.from({ length: 100 }, (_, i) => i),
      [100],
    );
    const { result, free } = device.settings.trying({ STEPS: 3, WORKGROUP: 4 }, () =>
      device.capture(() => scale(x, 2)),
    );
    expect(result.dispatches[0]!.dispatch.constants).toMatchObject({ STEPS: 3, WORKGROUP: 4 });
    expect(result.dispatches[0]!.grid).toEqual([3, 1, 1]); // 25 vectors, 12 a workgroup
    expect([...free.keys()].sort()).toEqual(['STEPS', 'WORKGROUP']);
    expect(free.get('STEPS')!.why).toMatch(/\w/);
    result.run();
    expect((await result.outputs.readFloats())[99]).toBe(198);
    result.dispose();
    const plain = device.capture(() => scale(x, 2));
    expect(plain.dispatches[0]!.dispatch.constants.STEPS).toBe(free.get('STEPS')!.defaultValue);
    plain.dispose();
  });

  test('a captured step can be encoded in part, and names its intermediates', async () => {
    const x = device.tensor([1, 2], [2]);
    const step = device.capture(() => ({ first: scale(x, 3), second: scale(scale(x, 3), 2) }));
    expect(step.dispatches.map(({ call }) => call - step.dispatches[0]!.call)).toEqual([0, 1, 2]);
    const labels = [...step.plan.placements.keys()].map(({ label }) => label);
    expect(labels.sort()).toEqual(['scale: y [2]', 'scale: y [2]', 'scale: y [2]']);
    step.run();
    step.prepare();
    const encoder = device.gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    x.write([10, 20]);
    step.encode(pass, 0, 1);
    pass.end();
    device.gpu.queue.submit([encoder.finish()]);
    expect([...(await step.outputs.first.readFloats())]).toEqual([30, 60]);
    expect([...(await step.outputs.second.readFloats())]).toEqual([6, 12]);
    step.dispose();
    expect(() => step.prepare()).toThrow('run: this step was disposed of');
  });

  test('a step lets go of the tensors that it has made views of', () => {
    const x = device.tensor(new Float32Array(6), [2, 3]);
    const step = device.capture(() => scale(x.view([6]), 2));
    const before = device.memory().used;
    x.dispose();
    expect(device.memory().used).toBe(before); // the step may still run
    step.dispose();
    expect(device.memory().used).toBeLessThan(before);
  });

  test("a runner can take the place of a step's own run", () => {
    const step = device.capture(() => scale(device.constant(1, [2]), 3));
    const runs: unknown[] = [];
    runtimeOf(device).stepRunner = { run: (given) => runs.push(given) };
    try {
      step.run();
    } finally {
      runtimeOf(device).stepRunner = null;
    }
    expect(runs).toEqual([step]);
    step.dispose();
  });
});
