import { expect, test } from 'vitest';
import { hash32 } from '../../../src/engine/core/random.ts';
import { type Augmentation, buildNet } from '../../../src/normface/nets/build.ts';
import { lenetsPlusPlus, mnistLenet } from '../../../src/normface/nets/mnist.ts';
import type { Net } from '../../../src/normface/nets/net.ts';
import { tiny } from '../../../src/normface/nets/tiny.ts';
import { testDevice } from '../../engine/open.ts';

const device = await testDevice();

const [n, height, width] = [3, 34, 37];
const bytes = Uint8Array.from({ length: n * height * width * 4 }, (_, i) => hash32(i) % 256);

/** What a net makes of the pictures, whose crop begins at `top` and `left`, one element after the other. */
async function inputOf(
  net: Net,
  input: readonly number[],
  augmentation?: Augmentation,
): Promise<Float32Array> {
  return device.scope(() => {
    const pictures = device.images(bytes, [n, height, width]);
    const batch = buildNet(net, input, 1).batch(pictures, augmentation);
    expect(batch.shape).toEqual([n, ...input]);
    return batch.readFloats();
  });
}

function expected(
  [rows, columns, channels]: readonly number[],
  value: (red: number, green: number, blue: number, channel: number) => number,
  corner: (image: number) => readonly [top: number, left: number],
): number[] {
  return Array.from({ length: n * rows! * columns! * channels! }, (_, i) => {
    const pixel = Math.floor(i / channels!);
    const image = Math.floor(pixel / (rows! * columns!));
    const [top, left] = corner(image);
    const row = top + (Math.floor(pixel / columns!) % rows!);
    const column = left + (pixel % columns!);
    const [red, green, blue] = bytes.subarray(4 * ((image * height + row) * width + column));
    return value(red!, green!, blue!, i % channels!);
  });
}

const closeTo = (actual: Float32Array, wanted: readonly number[]) =>
  expect(Math.max(...wanted.map((value, i) => Math.abs(actual[i]! - value)))).toBeLessThan(1e-6);

test('a net gets the centre of larger pictures, in the channels and the range that it declares', async () => {
  const luma = (red: number, green: number, blue: number) =>
    0.298936021 * red + 0.587043074 * green + 0.114020904 * blue;
  const centre = (rows: number, columns: number) => () =>
    [Math.floor((height - rows) / 2), Math.floor((width - columns) / 2)] as const;
  const grey = [28, 28, 1];
  closeTo(
    await inputOf(mnistLenet, grey),
    expected(grey, (r, g, b) => (luma(r, g, b) - 128) / 128, centre(28, 28)),
  );
  closeTo(
    await inputOf(lenetsPlusPlus, grey),
    expected(grey, (r, g, b) => (luma(r, g, b) - 127.5) / 128, centre(28, 28)),
  );
  closeTo(
    await inputOf({ ...mnistLenet, pixels: { mean: 0, scale: 1 / 255 } }, grey),
    expected(grey, (r, g, b) => luma(r, g, b) / 255, centre(28, 28)),
  );
  const colour = [32, 36, 3];
  closeTo(
    await inputOf(tiny, colour),
    expected(colour, (r, g, b, channel) => ([r, g, b][channel]! - 127.5) / 128, centre(32, 36)),
  );
});

test('random crops lie anywhere inside the pictures', async () => {
  const input = [28, 28, 1];
  device.setRandom(7, 5);
  const actual = await inputOf(mnistLenet, input, { crop: 'random' });
  const corner = (image: number) =>
    [hash32(7, 5, 0, 4 * image + 1) % (height - 27), hash32(7, 5, 0, 4 * image + 2) % (width - 27)] as const;
  const luma = (r: number, g: number, b: number) => 0.298936021 * r + 0.587043074 * g + 0.114020904 * b;
  closeTo(
    actual,
    expected(input, (r, g, b) => (luma(r, g, b) - 128) / 128, corner),
  );
});
