/** Every kind of layer, in the order in which messages list them. */

import type { LayerKind } from './layer.ts';
import { maxFeatureMap, prelu, relu, sigmoid } from './layers/activation.ts';
import { batchNorm } from './layers/batch-norm.ts';
import { branches } from './layers/branches.ts';
import { conv } from './layers/conv.ts';
import { dropout } from './layers/dropout.ts';
import { flatten } from './layers/flatten.ts';
import { fullyConnected } from './layers/fully-connected.ts';
import { averagePool, globalAveragePool, maxPool } from './layers/pool.ts';
import { residual } from './layers/residual.ts';
import { squeezeExcite } from './layers/squeeze-excite.ts';
import type { Layer } from './net.ts';

export const layerKinds: { readonly [Kind in Layer['kind']]: LayerKind<Extract<Layer, { kind: Kind }>> } = {
  conv,
  fullyConnected,
  batchNorm,
  prelu,
  relu,
  sigmoid,
  maxFeatureMap,
  maxPool,
  averagePool,
  globalAveragePool,
  flatten,
  dropout,
  squeezeExcite,
  residual,
  branches,
};
