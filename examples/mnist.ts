/**
 * A convolutional net for MNIST's digits, written with the operators of the engine: 99.4 % of 1,000 unseen images after 1,500 steps on 9,000.
 *
 *   npm run build && npx esbuild examples/mnist.ts --outfile=dist/mnist.js
 *   node dist/mnist.js mnist:FOLDER mnist:FOLDER,part=t10k [steps]
 */
import * as nf from 'normface';

const [trained = 'mnist:mnist', judged = 'mnist:mnist,part=t10k', steps = '1500'] = process.argv.slice(2);
const [batchSize, size] = [50, 28];
const loaderOf = async (data: string) =>
  new nf.BatchLoader(await nf.openDataset(data), { batchSize, height: size, width: size, seed: 1 });
const device = await nf.openDevice();
const shapes = { conv1: [3, 3, 1, 16], conv2: [3, 3, 16, 32], hidden: [1568, 128], output: [128, 10] };
const declarations = Object.entries(shapes).map(([name, shape]) => {
  const fanIn = shape.slice(0, -1).reduce((product, extent) => product * extent);
  const init = nf.initialValues({ gaussian: Math.sqrt(2 / fanIn) }, { name, shape, fanIn }, 1);
  return { name, shape, init };
});
const parameters = new nf.Parameters(device, declarations);
const optimiser = new nf.SGD(parameters, { learningRate: 0, momentum: 0.9, weightDecay: 5e-4 });
const schedule = nf.warmUp(nf.cosineSchedule(0.05, { steps: Number(steps) }), 50);
const pictures = device.images(new Uint8Array(batchSize * size * size * 4), [batchSize, size, size]);
const labels = device.tensor(new Uint32Array(batchSize), [batchSize], 'u32');
function scores(shift: number): nf.Tensor {
  let x = nf.imageBatch(pictures, { channels: 1, shift });
  for (const name of ['conv1', 'conv2'])
    x = nf.maxPool2d(nf.relu(nf.conv2d(x, parameters.get(name), null, { padding: 1 })), { kernel: 2 });
  x = nf.relu(nf.linear(nf.flatten(x), parameters.get('hidden')));
  return nf.linear(x, parameters.get('output'));
}
const step = device.capture(() => {
  const own = nf.sum(nf.multiply(nf.oneHot(labels, { classes: 10 }), nf.logSoftmax(scores(2))));
  const loss = nf.scale(own, -1 / batchSize);
  loss.backward();
  optimiser.step();
  return { loss };
});
const answer = device.capture(() => nf.withoutGradients(() => nf.argmax(scores(0), { axes: [1] })));
const [loader, judge] = [await loaderOf(trained), await loaderOf(judged)];
for (let i = 0; i < Number(steps); i++) {
  const batch = await loader.next();
  pictures.write(batch.pixels);
  labels.write(batch.labels);
  device.setRandom(1, i);
  optimiser.learningRate = schedule(i);
  step.run();
  if (i % 100 === 0) console.log(`step ${i}  loss ${(await step.outputs.loss.item()).toFixed(3)}`);
}
let right = 0;
for (let i = 0; i < 20; i++) {
  const batch = await judge.next();
  pictures.write(batch.pixels);
  answer.run();
  const classes = await answer.outputs.read();
  right += batch.labels.filter((label, k) => label === classes[k]).length;
}
console.log(`accuracy ${(right / 10).toFixed(1)} % of 1,000 images`);
await Promise.all([loader.close(), judge.close()]);
device.close();
