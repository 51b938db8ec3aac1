/**
 * Trains a net with a loss of one's own on generated faces, then verifies people it has never seen.
 *
 *   npm run build && npx esbuild examples/train.ts --outfile=dist/train.js && node dist/train.js [steps]
 *
 * Node 22.18 and later run it without the second command: node examples/train.ts
 */
import * as nf from 'normface';

const [batchSize, people, height, width] = [32, 50, 56, 48];
const steps = Number(process.argv[2] ?? 300);
const device = await nf.openDevice();
console.log(nf.describeAdapter(device.report));

const net = nf.buildNet(nf.findNet('tiny'), [height, width, 3], 1);
const agents = { name: 'agents', shape: [people, net.featureSize], fanIn: net.featureSize };
const parameters = new nf.Parameters(device, [
  ...net.declarations,
  { ...agents, init: nf.initialValues('xavier', agents, 1) },
]);
const optimiser = new nf.SGD(parameters, { learningRate: 0, weightDecay: 5e-4 });
const schedule = nf.warmUp(nf.cosineSchedule(0.5, { steps }), 20);

// The loss: squared distance of a feature's cosines with all agents, one a person, to 1 for the right one and 0 else.
const images = device.images(new Uint8Array(batchSize * height * width * 4), [batchSize, height, width]);
const negativeTargets = device.zeros([batchSize, people]);
const step = device.capture(() => {
  const x = nf.imageBatch(images, { mirror: 'random', shift: 2 });
  const features = nf.l2Normalise(net.forward(x, parameters, { training: true }));
  const cosines = nf.matmul(features, nf.l2Normalise(parameters.get('agents')), { transposeB: true });
  const difference = nf.add(cosines, negativeTargets);
  const loss = nf.scale(nf.sum(nf.multiply(difference, difference)), 1 / batchSize);
  loss.backward();
  optimiser.step();
  return { loss };
});

const dataset = await nf.openDataset(`generated:identities=${people},samples=20`);
const loader = new nf.BatchLoader(dataset, { batchSize, height, width, seed: 1 });
for (let i = 0; i < steps; i++) {
  const { pixels, labels } = await loader.next();
  images.write(pixels);
  const isRight = (k: number) => labels[Math.floor(k / people)] === k % people;
  negativeTargets.write(Array.from({ length: batchSize * people }, (_, k) => (isRight(k) ? -1 : 0)));
  device.setRandom(1, i);
  optimiser.learningRate = schedule(i);
  step.run();
  if (i % 10 === 0) console.log(`step ${i}  loss ${(await step.outputs.loss.item()).toFixed(3)}`);
}
await loader.close();

const strangers = `generated:identities=100,samples=4,first=${people}`;
const unseen = await nf.openEvaluationSet({ data: strangers, pairsPerFold: 30 });
const store = new nf.ImageStore(unseen.dataset, { height, width });
const embedder = new nf.NetEmbedder(device, net, parameters, 64);
const features = await nf.extractFeatures(embedder, store, unseen.indices, { mirror: true });
const { metrics } = nf.evaluateVerification(features, unseen.pairs);
console.log(nf.formatTable(nf.metricsTable([{ name: 'own loss', metrics }])));
await store.close();
device.close();
