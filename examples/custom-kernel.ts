/**
 * An operator of one's own: handwritten kernels, forward and gradient, proved right by the engine's checker.
 *
 *   npm run build && npx esbuild examples/custom-kernel.ts --outfile=dist/custom-kernel.js && node dist/custom-kernel.js
 *
 * The operator is softsign, y = x / (1 + |x|); its derivative is 1 / (1 + |x|)².
 */
import * as nf from 'normface/engine';

const kernel = (name: string, bindings: readonly string[], formula: string): nf.Kernel => ({
  name,
  source: `import constants::COUNT;
${bindings.map((binding, i) => `@group(0) @binding(${i}) var<storage, ${binding === bindings.at(-1) ? 'read_write' : 'read'}> ${binding}: array<f32>;`).join('\n')}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i < COUNT) { ${formula} }
}`,
});
const forward = kernel('softsign', ['x', 'y'], 'y[i] = x[i] / (1.0 + abs(x[i]));');
const backward = kernel(
  'softsign_gradient',
  ['x', 'dy', 'dx'],
  'let root = 1.0 / (1.0 + abs(x[i])); dx[i] = dy[i] * root * root;',
);

function softsign(x: nf.Tensor): nf.Tensor {
  nf.check(x.dtype === 'f32', 'softsign', () => `x must be f32, not ${x.dtype}`);
  const { device, size } = x;
  const run = (kernel: nf.Kernel, bindings: Record<string, nf.Tensor>) =>
    device.dispatch({
      kernel,
      constants: { COUNT: size },
      bindings,
      grid: [Math.ceil(size / 64), 1, 1],
      cost: { flops: 3 * size, bytes: 4 * size * Object.keys(bindings).length },
    });
  const y = device.empty(x.shape);
  device.within('softsign', () => run(forward, { x, y }));
  const gradient = (dy: nf.Tensor, dx: nf.Tensor) => {
    run(backward, { x, dy, dx });
    return [dx];
  };
  return nf.record(y, { operator: 'softsign', inputs: [x], backward: (dy, into) => gradient(dy, into(0)) });
}

const declaration = nf.defineOperator({
  name: 'softsign',
  apply: ([x]) => softsign(x!),
  reference: ([x]) => nf.referenceArray(x!.shape, (i) => x!.data[i]! / (1 + Math.abs(x!.data[i]!))),
  cost: ([shape]) => ({ flops: 3 * nf.elementCount(shape!), bytes: 8 * nf.elementCount(shape!) }),
  cases: [{ inputs: [{ shape: [7, 31], kind: 'outliers' }], attributes: {} }],
  misuses: [{ inputs: [{ shape: [3], kind: 'labels' }], attributes: {}, message: /must be f32/ }],
});

const device = await nf.openDevice();
const { text } = await nf.checkOperator(device, declaration);
console.log(text);
device.close();
