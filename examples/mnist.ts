/**
 * A convolutional net for MNIST's digits, written with the operators of the engine.
 *
 *   npm run build && npx esbuild examples/mnist.ts --outfile=dist/mnist.js && node dist/mnist.js TRAINING UNSEEN [steps]
 *
 * TRAINING and UNSEEN are data sets of normface: `mnist:FOLDER`, `mnist:FOLDER,part=t10k`, or a part: `mnist:FOLDER,first=0,count=9000`.
 */
import * as nf from 'normface';

const [trained = 'mnist:mnist', judged = 'mnist:mnist,part=t10k', steps = '1500'] = process.argv.slice(2);
const [batchSize, size] = [50, 28];
const [training, unseen] = [await nf.openDataset(trained), await nf.openDataset(judged)];
const device = await nf.openDevice();

const shapes = { conv1: [3, 3, 1, 16], conv2: [3, 3, 16, 32], hidden: [1568, 128], output: [128, 10] };
const declarations = Object.entries(shapes).flatMap(([name, shape]) => {
  const [outputs, fanIn] = [shape.at(-1)!, shape.slice(0, -1).reduce((product, extent) => product * extent)];
  const init = nf.initialValues({ gaussian: Math.sqrt(2 / fanIn) }, { name, shape, fanIn }, 1);
  const bias = { name: `${name} bias`, shape: [outputs], init: new Float32Array(outputs) };
  return [{ name, shape, init }, bias];
});
const parameters = new nf.Parameters(device, declarations);
const optimiser = new nf.SGD(parameters, { learningRate: 0, momentum: 0.9, weightDecay: 5e-4 });
const schedule = nf.warmUp(nf.cosineSchedule(0.05, { steps: Number(steps) }), 50);

const pictures = device.images(new Uint8Array(batchSize * size * size * 4), [batchSize, size, size]);
const labels = device.tensor(new Uint32Array(batchSize), [batchSize], 'u32');
function scores(shift: number): nf.Tensor {
  const of = (name: string) => [parameters.get(name), parameters.get(`${name} bias`)] as const;
  let x = nf.imageBatch(pictures, { channels: 1, shift });
  for (const name of ['conv1', 'conv2'])
    x = nf.maxPool2d(nf.relu(nf.conv2d(x, ...of(name), { padding: 1 })), { kernel: 2 });
  return nf.linear(nf.relu(nf.linear(nf.flatten(x), ...of('hidden'))), ...of('output'));
}
const step = device.capture(() => {
  const chosen = nf.multiply(nf.oneHot(labels, { classes: 10 }), nf.logSoftmax(scores(2)));
  const loss = nf.scale(nf.sum(chosen), -1 / batchSize);
  loss.backward();
  optimiser.step();
  return { loss };
});
const answer = device.capture(() => nf.withoutGradients(() => nf.argmax(scores(0), { axes: [1] })));

const loader = new nf.BatchLoader(training, { batchSize, height: size, width: size, seed: 1 });
for (let i = 0; i < Number(steps); i++) {
  const batch = await loader.next();
  pictures.write(batch.pixels);
  labels.write(batch.labels);
  device.setRandom(1, i);
  optimiser.learningRate = schedule(i);
  step.run();
  if (i % 100 === 0) console.log(`step ${i}  loss ${(await step.outputs.loss.item()).toFixed(3)}`);
}

const judge = new nf.BatchLoader(unseen, { batchSize, height: size, width: size, seed: 1 });
const rounds = Math.floor(unseen.samples.length / batchSize);
let right = 0;
for (let i = 0; i < rounds; i++) {
  const batch = await judge.next();
  pictures.write(batch.pixels);
  answer.run();
  const classes = await answer.outputs.read();
  right += batch.labels.filter((label, k) => label === classes[k]).length;
}
console.log(`accuracy ${((100 * right) / rounds / batchSize).toFixed(2)} % of ${rounds * batchSize} images`);
await Promise.all([loader.close(), judge.close()]);
device.close();
