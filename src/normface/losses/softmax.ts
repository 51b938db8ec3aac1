import { z } from 'zod';
import { softmaxLossHead } from '../../engine/ops/softmax_loss.ts';
import type { ParameterDeclaration } from '../../engine/parameters.ts';
import { initialValues } from '../nets/initial.ts';
import { defineLoss } from './loss.ts';
import { shared } from './settings.ts';

/** Softmax over inner products (equation 1). Class weights start as Caffe's xavier; the bias is that of Wen's head (section 5). */
export const softmax = defineLoss({
  name: 'softmax',
  schema: z.strictObject({ name: z.literal('softmax'), bias: z.boolean().default(false), ...shared }),
  head: (config, { prefix, classes, featureSize, seed }) => {
    const { learningRateMultiplier, decayMultiplier } = config;
    const name = `${prefix}.weight`;
    const biasName = `${prefix}.bias`;
    const shape = [classes, featureSize];
    const weights: ParameterDeclaration = {
      name,
      shape,
      init: () => initialValues('xavier', { name, shape, fanIn: featureSize }, seed),
      learningRateMultiplier,
      decayMultiplier,
    };
    const bias: ParameterDeclaration = {
      name: biasName,
      shape: [classes],
      init: new Float32Array(classes),
      learningRateMultiplier: 2 * learningRateMultiplier,
      decayMultiplier: 0,
    };
    return {
      hasScale: false,
      declarations: config.bias ? [weights, bias] : [weights],
      reusable: config.bias ? [name, biasName] : [name],
      apply: (features, labels, parameters) =>
        softmaxLossHead(
          features,
          parameters.get(name),
          config.bias ? parameters.get(biasName) : null,
          labels,
        ),
    };
  },
});
