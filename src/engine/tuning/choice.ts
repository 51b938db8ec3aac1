/** Work that can be done in several ways. */

/** One of several ways to do the same work; all agree within the tolerance of the operator. */
export interface Variant {
  readonly name: string;
}

/** A piece of work that can be done in several ways. */
export interface Choice<V extends Variant> {
  /** `gemm`, `conv2d_grad_weight` … */
  readonly operation: string;
  /** Everything that the time depends on: extents, transposes … */
  readonly shape: Readonly<Record<string, number | boolean>>;
  /** Arithmetic of the work, in whichever way it is done: what takes most of it is measured first. */
  readonly flops: number;
  /** Texts of the kernels: when they change, what was measured is void. */
  readonly sources: readonly string[];
  readonly variants: readonly V[];
  /** Those worth measuring on this device, the default one among them; default all. */
  readonly candidates?: readonly V[];
  /** What to use where nothing was measured; one of the variants. */
  readonly defaultVariant: V;
  /** Does the work on scratch memory, made with {@link Device.empty}. */
  benchmark(variant: V): void;
}

/** FNV-1a, 32 bits: names a version of a kernel, guards against nothing else. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Of texts of kernels: every choice of a step asks for the same ones. */
const knownHashes = new Map<string, number>();

function fingerprint(texts: readonly string[]): string {
  const hashes = texts.map((text) => {
    const known = knownHashes.get(text) ?? hashOf(text);
    knownHashes.set(text, known);
    return known;
  });
  return hashOf(hashes.join()).toString(16).padStart(8, '0');
}

/** What a measurement of the work is kept under. */
export const keyOf = ({ operation, shape, sources }: Choice<Variant>): string =>
  `${operation} ${JSON.stringify(shape)} ${fingerprint(sources)}`;

/** The parts of a measurement's key in words. */
export function describeKey(key: string): { readonly operation: string; readonly work: string } {
  const operation = key.slice(0, key.indexOf(' '));
  const shape = JSON.parse(key.slice(key.indexOf(' ') + 1, key.lastIndexOf(' '))) as Choice<Variant>['shape'];
  return { operation, work: workText(operation, shape) };
}

function workText(operation: string, shape: Choice<Variant>['shape']): string {
  if (operation === 'gemm') {
    const { products, m, n, k } = shape;
    return `${products === 1 ? '' : `${products} of `}${m}×${k} by ${k}×${n}`;
  }
  if (operation === 'head') {
    const { samples, classes, d } = shape;
    return `${samples}×${d} against ${classes} classes`;
  }
  if (operation.startsWith('conv2d')) {
    const { BATCH, HEIGHT, WIDTH, CHANNELS, OUT_CHANNELS, KERNEL_H, KERNEL_W, STRIDE_H } = shape;
    const stride = STRIDE_H === 1 ? '' : `, stride ${STRIDE_H}`;
    return `${BATCH}×${HEIGHT}×${WIDTH}×${CHANNELS} to ${OUT_CHANNELS}, ${KERNEL_H}×${KERNEL_W}${stride}`;
  }
  return Object.entries(shape)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
