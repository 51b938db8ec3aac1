/**
 * A convolutional net for MNIST's digits on the engine alone: 98.5 % of images that it has not seen.
 *
 *   npm run build && npx esbuild examples/mnist.ts --outfile=dist/mnist.js && node dist/mnist.js FOLDER [steps]
 *
 * FOLDER holds the idx files of http://yann.lecun.com/exdb/mnist. Where it has no training images, the first 9,000 of the test
 * images are learnt and the last 1,000 are judged. Node 22.18 and later run it without the second command.
 */
import * as nf from 'normface';

const [folder = 'mnist', steps = '1500'] = process.argv.slice(2);
const [batchSize, judgedAtOnce, size] = [64, 100, 28];
const whole = await nf.openDataset(`mnist:${folder}`);
const hasTraining = whole.samples.length >= 60_000;
const training = hasTraining ? whole : await nf.openDataset(`mnist:${folder},first=0,count=9000`);
const unseen = await nf.openDataset(`mnist:${folder},part=t10k${hasTraining ? '' : ',first=9000'}`);

const device = await nf.openDevice();
const shapes = { conv1: [16, 3, 3, 1], conv2: [32, 3, 3, 16], hidden: [128, 7 * 7 * 32], output: [10, 128] };
const declarations = Object.entries(shapes).flatMap(([name, shape]) => {
  const fanIn = shape.slice(1).reduce((product, extent) => product * extent);
  const init = nf.initialValues({ gaussian: Math.sqrt(2 / fanIn) }, { name, shape, fanIn }, 1);
  return [
    { name, shape, init },
    { name: `${name} bias`, shape: [shape[0]!], init: new Float32Array(shape[0]!) },
  ];
});
const parameters = new nf.Parameters(device, declarations);
const weightsOf = (name: string) => [parameters.get(name), parameters.get(`${name} bias`)] as const;
const optimiser = new nf.SGD(parameters, { learningRate: 0, momentum: 0.9, weightDecay: 5e-4 });
const schedule = nf.warmUp(nf.cosineSchedule(0.05, { steps: Number(steps) }), 50);

/** Scores [n, 10] of pictures [n, 28, 28, 4]. */
function scores(pictures: nf.Tensor, shift: number): nf.Tensor {
  let x = nf.imageBatch(pictures, { channels: 1, shift });
  for (const name of ['conv1', 'conv2'])
    x = nf.maxPool2d(nf.relu(nf.conv2d(x, ...weightsOf(name), { padding: 1 })), { kernel: 2 });
  return nf.linear(nf.relu(nf.linear(nf.flatten(x), ...weightsOf('hidden'))), ...weightsOf('output'));
}
const empty = (n: number) => device.images(new Uint8Array(n * size * size * 4), [n, size, size]);
const [pictures, judged] = [empty(batchSize), empty(judgedAtOnce)];
const labels = device.tensor(new Uint32Array(batchSize), [batchSize], 'u32');
const step = device.capture(() => {
  const logs = nf.logSoftmax(scores(pictures, 2));
  const loss = nf.scale(nf.sum(nf.multiply(nf.oneHot(labels, { classes: 10 }), logs)), -1 / batchSize);
  loss.backward();
  optimiser.step();
  return { loss };
});
const answer = device.capture(() => nf.withoutGradients(() => nf.argmax(scores(judged, 0), { axes: [1] })));

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
await loader.close();

const store = new nf.ImageStore(unseen, { height: size, width: size });
let right = 0;
for await (const batch of nf.loadImages(
  store,
  unseen.samples.map((_, i) => i),
  judgedAtOnce,
)) {
  judged.write(batch.pixels);
  answer.run();
  const classes = await answer.outputs.read();
  right += batch.labels.filter(
    (label, i) => unseen.identities[label] === training.identities[classes[i]!],
  ).length;
}
console.log(
  `accuracy ${((100 * right) / unseen.samples.length).toFixed(2)} % of ${unseen.samples.length} images`,
);
await store.close();
device.close();
