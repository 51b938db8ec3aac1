/** What is measured: shapes only, so that every peer can make the same work of them. */

import { elementCount } from '../src/engine/core/shape.ts';
import { buildNet } from '../src/normface/nets/build.ts';
import { centerFaceResnet } from '../src/normface/nets/center-face-resnet.ts';
import { foldNet } from '../src/normface/nets/fold.ts';
import { lightCnnB } from '../src/normface/nets/light-cnn.ts';
import { mobileFaceNet } from '../src/normface/nets/mobilefacenet.ts';
import type { Net } from '../src/normface/nets/net.ts';
import { planNet, withInner } from '../src/normface/nets/plan.ts';
import { small } from '../src/normface/nets/small.ts';

export interface GemmCase {
  readonly kind: 'gemm';
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

export type ConvPass = 'forward' | 'grad_input' | 'grad_weight' | 'all';

export interface ConvCase {
  readonly kind: 'conv';
  readonly pass: ConvPass;
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outChannels: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

/** Scaled-cosine softmax with its class matrix, forward and backward. */
export interface HeadCase {
  readonly kind: 'head';
  readonly samples: number;
  readonly size: number;
  readonly classes: number;
}

/** One element-wise or row-wise operator, forward and backward. */
export interface LayerCase {
  readonly kind: 'layer';
  readonly operator: 'l2_normalise' | 'prelu' | 'max_feature_map' | 'max_pool2d';
  readonly shape: readonly number[];
}

/** A whole optimiser step of a net under the NormFace loss, from images in GPU memory. */
export interface StepCase {
  readonly kind: 'step';
  readonly net: Net;
  readonly batch: number;
  readonly classes: number;
}

/** Features of a batch of images, of a net as it is embedded with: its batch norms are part of the convolutions, for every program. */
export interface EmbedCase {
  readonly kind: 'embed';
  readonly net: Net;
  readonly batch: number;
}

export type Work = GemmCase | ConvCase | HeadCase | LayerCase | StepCase | EmbedCase;

export interface BenchCase {
  readonly suite: string;
  readonly name: string;
  readonly work: Work;
  /** Arithmetic of one run; a fused multiply-add counts two. Element-wise work counts none. */
  readonly flops: number;
}

/** Factor of the cosines in every head; fixed, so that all peers have the same parameters. */
export const headScale = 24;

export const suites = ['gemm', 'conv', 'head', 'layers', 'step', 'infer'] as const;
export type Suite = (typeof suites)[number];

/**
 * Whether a name contains one of some texts; `C 1000` is not in `C 10000`.
 *
 * @param texts none choose everything
 */
export function isChosen(name: string, texts: readonly string[]): boolean {
  const contains = (text: string): boolean => {
    const rest = name.split(text).slice(1);
    return rest.some((after) => !(/\d$/.test(text) && /^\d/.test(after)));
  };
  return texts.length === 0 || texts.some(contains);
}

/** All cases of a suite. `large` adds what only a GPU gets through. */
export function casesOf(suite: Suite, large = false): BenchCase[] {
  switch (suite) {
    case 'gemm':
      return gemmShapes.map((shape) => product(...shape));
    case 'conv':
      return [
        ...passesOf('3×3, 128→128, 28×24', {
          height: 28,
          width: 24,
          channels: 128,
          outChannels: 128,
          kernel: 3,
          padding: 1,
        }),
        ...convCases('resnet', centerFaceResnet),
        ...convCases('light-cnn-b', lightCnnB),
      ];
    case 'head':
      return [1_000, 10_572, 100_000].map(head);
    case 'layers':
      return [
        layer('l2_normalise', [256, 512]),
        layer('prelu', [8, 56, 48, 64]),
        layer('max_feature_map', [8, 64, 64, 192]),
        layer('max_pool2d', [8, 56, 48, 64]),
      ];
    case 'step':
      return [
        step(small, 64, 1_334),
        step(centerFaceResnet, 8, 10_572),
        step(lightCnnB, 8, 10_572),
        step(mobileFaceNet, 8, 10_572),
        ...(large ? [step(centerFaceResnet, 256, 10_572)] : []),
      ];
    case 'infer':
      return [embed(small, 64), embed(centerFaceResnet, 8), embed(lightCnnB, 8), embed(mobileFaceNet, 8)];
  }
}

/** Squares, and the products of the nets' fully connected layers at a batch of 64. */
const gemmShapes: readonly [name: string, rows: number, inner: number, columns: number][] = [
  ['512²', 512, 512, 512],
  ['1024²', 1024, 1024, 1024],
  ['2048²', 2048, 2048, 2048],
  ['fc5 of small, 64×2688×128', 64, 2688, 128],
  ['fc5 of resnet, 64×10240×512', 64, 10_240, 512],
  ['scores, 64×512×10572', 64, 512, 10_572],
  ['1×1 conv, 32768×96×192', 32_768, 96, 192],
];

const passes: readonly ConvPass[] = ['forward', 'grad_input', 'grad_weight', 'all'];

/** A matrix product. */
export function product(name: string, rows: number, inner: number, columns: number): BenchCase {
  return {
    suite: 'gemm',
    name,
    work: { kind: 'gemm', rows, inner, columns },
    flops: 2 * rows * inner * columns,
  };
}

/** The NormFace head for 64 features of 512 numbers. */
export function head(classes: number): BenchCase {
  return {
    suite: 'head',
    name: `n 64, d 512, C ${classes}`,
    work: { kind: 'head', samples: 64, size: 512, classes },
    flops: 6 * 64 * 512 * classes,
  };
}

/** Every distinct convolution of a net at batch 8. */
function convCases(label: string, net: Net): BenchCase[] {
  const seen = new Set<string>();
  return planNet(net)
    .flatMap(withInner)
    .flatMap(({ kind, name, input, output, parameters }) => {
      if (kind !== 'conv') return [];
      const [height, width, channels] = input as [number, number, number];
      const [outHeight, , outChannels] = output as [number, number, number];
      const kernel = parameters[0]!.shape[0]!;
      // The nets have stride 1 here: what the output lacks of the input is padding that is not there.
      const padding = (outHeight - height + kernel - 1) / 2;
      const shape = `${kernel}×${kernel}, ${channels}→${outChannels}, ${height}×${width}`;
      if (seen.has(shape)) return [];
      seen.add(shape);
      return passesOf(`${label} ${name}: ${shape}`, {
        height,
        width,
        channels,
        outChannels,
        kernel,
        padding,
      });
    });
}

/** Forward, both gradients and all three together, of stride 1. */
export function passesOf(
  name: string,
  shape: Omit<ConvCase, 'kind' | 'pass' | 'batch' | 'stride'>,
  batch = 8,
): BenchCase[] {
  const out = (extent: number): number => extent + 2 * shape.padding - shape.kernel + 1;
  const macs = out(shape.height) * out(shape.width) * shape.outChannels * shape.kernel ** 2 * shape.channels;
  return passes.map((pass) => ({
    suite: 'conv',
    name: `${name}, ${pass}`,
    work: { kind: 'conv', pass, batch, stride: 1, ...shape },
    flops: 2 * batch * macs * (pass === 'all' ? 3 : 1),
  }));
}

function layer(operator: LayerCase['operator'], shape: readonly number[]): BenchCase {
  return {
    suite: 'layers',
    name: `${operator} ${shape.join('×')}`,
    work: { kind: 'layer', operator, shape },
    flops: 0,
  };
}

const macsOf = (net: Net): number =>
  planNet(net)
    .flatMap(withInner)
    .reduce((sum, { macs }) => sum + macs, 0);

/** An optimiser step of a net under the NormFace loss. */
export function step(net: Net, batch: number, classes: number): BenchCase {
  const size = planNet(net).at(-1)!.output[0]!;
  return {
    suite: 'step',
    name: `${net.name}, batch ${batch}, C ${classes}`,
    work: { kind: 'step', net, batch, classes },
    flops: 6 * batch * (macsOf(net) + size * classes),
  };
}

function embed(design: Net, batch: number): BenchCase {
  // Which layers there are does not depend on the values.
  const values = buildNet(design, design.input, 1).declarations.map(
    ({ name, shape }) => [name, new Float32Array(elementCount(shape))] as const,
  );
  const { net } = foldNet({ net: design, values: new Map(values) });
  return {
    suite: 'infer',
    name: `${net.name}, batch ${batch}`,
    work: { kind: 'embed', net, batch },
    flops: 2 * batch * macsOf(net),
  };
}
