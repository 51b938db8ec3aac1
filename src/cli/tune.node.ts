/** `normface tune`: measures the variants of kernels that a training needs, so that later runs use the fastest. */

import { formatTable, type Table } from '../common/table.ts';
import { describeKey } from '../engine/tuning/choice.ts';
import type { Measurement } from '../engine/tuning/measurements.ts';
import { NetEmbedder } from '../normface/embedding/embedder.ts';
import { inferenceNet, initialValuesOf } from '../normface/embedding/inference.ts';
import { buildNet } from '../normface/nets/build.ts';
import { netOf } from '../normface/nets/index.ts';
import { inputSize } from '../normface/training/config/config.ts';
import { resolveConfig } from '../normface/training/config/resolve-config.node.ts';
import { evaluationBatch, Model } from '../normface/training/model.ts';
import { openTrainingData } from '../normface/training/training-data.node.ts';
import type { Context } from './context.node.ts';

interface TuneOptions {
  readonly net?: string;
  readonly batch?: number;
  readonly classes?: number;
  readonly set: string[];
  readonly again?: boolean;
  readonly inference?: boolean;
}

export async function tune(context: Context, file: string | undefined, options: TuneOptions) {
  const { net, batch: batchSize, classes: given, set, again = false, inference = false } = options;
  const flags = { ...(net !== undefined && { net }), ...(batchSize !== undefined && { batchSize }) };
  const { config } = resolveConfig({ file, flags, set });
  const design = netOf(config.net);
  const device = await context.openDevice({ tune: 'full', ignoreMeasurements: again });
  const measured: Measured[] = [];
  const stage = context.stage('measuring variants');
  const report = (key: string, measurement: Measurement): void => {
    const entry = { ...describeKey(key), ...measurement };
    measured.push(entry);
    const { operation, work, winner, milliseconds } = entry;
    context.say(`        ${operation} ${work}: ${winner}, ${milliseconds[winner]} ms`);
    stage.next(`measuring variants, ${measured.length} done`);
  };
  if (!inference) {
    const classes = given ?? (await openTrainingData(config)).dataset.identities.length;
    const { batchSize, loss } = config;
    context.say(
      `tuning  steps of the net ${design.name}, batch ${batchSize}, loss ${loss.name}, ${classes} people`,
    );
    const make = (): Model => new Model(device, config, classes);
    const model = await device.tuner.tuned(make, (discarded) => discarded.dispose(), report);
    model.dispose();
  }
  context.say(`tuning  embedding with the net ${design.name}, batch ${evaluationBatch}`);
  const built = buildNet(design, [...inputSize(config.data), design.input[2]], config.seed);
  const { net: folded, parameters } = inferenceNet(device, built, initialValuesOf(built));
  const make = (): NetEmbedder =>
    new NetEmbedder(device, folded, parameters, evaluationBatch, { imageSize: config.data.imageSize });
  const embedder = await device.tuner.tuned(make, (discarded) => discarded.dispose(), report);
  stage.end();
  embedder.dispose();
  parameters.dispose();
  const { location, unmeasured } = device.tuner;
  if (measured.length > 0) context.say(formatTable(tableOf(measured)));
  else if (unmeasured === 0) context.say('all of it is known already; --again measures it again');
  context.say(`kept    ${location}`);
  return { event: 'result', location, measured, unmeasured };
}

interface Measured extends Measurement {
  readonly operation: string;
  readonly work: string;
}

function tableOf(measured: readonly Measured[]): Table {
  return {
    columns: [
      { header: 'operation' },
      { header: 'work' },
      { header: 'used' },
      { header: 'ms', align: 'right' },
      { header: 'others, ms' },
    ],
    rows: measured.map(({ operation, work, winner, milliseconds }) => [
      operation,
      work,
      winner,
      String(milliseconds[winner]),
      Object.entries(milliseconds)
        .filter(([name]) => name !== winner)
        .sort(([, a], [, b]) => a - b)
        .map(([name, time]) => `${name} ${time}`)
        .join(', '),
    ]),
  };
}
