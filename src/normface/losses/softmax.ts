import { z } from 'zod';
import { softmaxLossHead } from '../../engine/ops/heads/softmax_loss.ts';
import { initialValues } from '../nets/initial.ts';
import { ClassParameter } from './class-parameter.ts';
import { classSampling } from './class-sampling.ts';
import { defineLoss } from './loss.ts';
import { labelSmoothing, shared } from './settings.ts';

/**
 * Softmax over inner products (arXiv 1704.06369, equation 1). Class weights start as Caffe's xavier; the bias is that of Wen's head
 * (docs/reference.md#softmax-and-its-bias).
 */
export const softmax = defineLoss({
  name: 'softmax',
  schema: z
    .strictObject({
      name: z.literal('softmax'),
      bias: z
        .boolean()
        .default(false)
        .describe('Whether each class has a bias (docs/reference.md#softmax-and-its-bias).'),
      classSampling,
      labelSmoothing,
      ...shared,
    })
    .describe('Softmax over inner products with class weights (arXiv 1704.06369, equation 1): the baseline.'),
  needsWholeBatch: () => undefined,
  head: (config, context) => {
    const { prefix, rows, featureSize, seed, sampling, shard } = context;
    const { learningRateMultiplier, decayMultiplier } = config;
    const name = `${prefix}.weight`;
    const biasName = `${prefix}.bias`;
    const shape = [rows.count, featureSize];
    const init = () =>
      initialValues('xavier', { name, shape, firstRow: rows.first, fanIn: featureSize }, seed);
    const weights = new ClassParameter(
      { name, shape, init, learningRateMultiplier, decayMultiplier },
      context,
    );
    const bias = config.bias
      ? new ClassParameter(
          {
            name: biasName,
            shape: [rows.count],
            init: new Float32Array(rows.count),
            learningRateMultiplier: 2 * learningRateMultiplier,
            decayMultiplier: 0,
          },
          context,
        )
      : null;
    return {
      hasScale: false,
      declarations: [...weights.declarations, ...(bias?.declarations ?? [])],
      subsets: [...weights.subsets, ...(bias?.subsets ?? [])],
      reusable: bias ? [name, bias.name] : [name],
      apply: (features, labels, parameters) =>
        softmaxLossHead(features, weights.of(parameters), labels, {
          bias: bias?.of(parameters),
          classesInUse: sampling?.count,
          shard,
          labelSmoothing: config.labelSmoothing,
        }),
    };
  },
});
