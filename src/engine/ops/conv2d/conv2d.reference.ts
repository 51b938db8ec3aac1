import { type ReferenceArray, referenceArray } from '../../core/operator.ts';
import type { Conv2dGeometry } from './conv2d_geometry.ts';

/** Straight from the definition: for every output, the sum over taps and channels, skipping what lies outside the image. */
export function conv2dReference(
  x: ReferenceArray,
  weight: ReferenceArray,
  bias: ReferenceArray | null,
  g: Conv2dGeometry,
): ReferenceArray {
  const [pixels, weights] = [x.data, weight.data];
  const { GROUP_IN: groupIn, OUT_CHANNELS: outChannels } = g;
  return referenceArray([g.BATCH, g.OUT_HEIGHT, g.OUT_WIDTH, g.OUT_CHANNELS], (index) => {
    const co = index % g.OUT_CHANNELS;
    const ow = Math.floor(index / g.OUT_CHANNELS) % g.OUT_WIDTH;
    const oh = Math.floor(index / g.OUT_CHANNELS / g.OUT_WIDTH) % g.OUT_HEIGHT;
    const n = Math.floor(index / g.OUT_CHANNELS / g.OUT_WIDTH / g.OUT_HEIGHT);
    const group = Math.floor(co / g.GROUP_OUT);
    let sum = bias ? bias.data[co]! : 0;
    for (let kh = 0; kh < g.KERNEL_H; kh++) {
      const ih = oh * g.STRIDE_H + kh * g.DILATION_H - g.PAD_TOP;
      if (ih < 0 || ih >= g.HEIGHT) continue;
      for (let kw = 0; kw < g.KERNEL_W; kw++) {
        const iw = ow * g.STRIDE_W + kw * g.DILATION_W - g.PAD_LEFT;
        if (iw < 0 || iw >= g.WIDTH) continue;
        const pixel = ((n * g.HEIGHT + ih) * g.WIDTH + iw) * g.CHANNELS + group * groupIn;
        const tap = (kh * g.KERNEL_W + kw) * groupIn * outChannels + co;
        for (let ci = 0; ci < groupIn; ci++) sum += pixels[pixel + ci]! * weights[tap + ci * outChannels]!;
      }
    }
    return sum;
  });
}
