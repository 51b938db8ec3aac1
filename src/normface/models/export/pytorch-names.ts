/**
 * Names of parameters in the PyTorch nets that nets of this program were written after. A name is that of its layer there and a suffix, by
 * kind of layer as PyTorch's modules have them.
 */

/** A layer's name in a PyTorch net, or undefined where its name is the same. */
type Rename = (layer: string) => string | undefined;

/** A net of PyTorch that one of this program was written after, with the names that layers have there. */
export interface PyTorchOriginal {
  /** Where the net is, for people. */
  readonly from: string;
  readonly rename: Rename;
  /** Convolutions that have a bias there and none here, by their names there: it is written as zeros. */
  readonly hasBias?: (layer: string) => boolean;
}

/** The names are those of `iresnet.py` already. */
const iresnet: PyTorchOriginal = {
  from: 'insightface, recognition/arcface_torch/backbones/iresnet.py',
  rename: () => undefined,
};

/** `blocks.3.conv` is a list of convolution, norm, PReLU three times over; other units are called conv, bn, prelu. */
const mobileFaceNet: PyTorchOriginal = {
  from: 'Xiaoccer/MobileFaceNet_Pytorch, core/model.py',
  rename(layer) {
    const block = /^block(\d+)_(expand|depthwise|project)(?:_(norm|prelu))?$/.exec(layer);
    if (block) {
      const [, index, part, kind = 'conv'] = block as unknown as [string, string, string, string?];
      const place =
        3 * ['expand', 'depthwise', 'project'].indexOf(part) + ['conv', 'norm', 'prelu'].indexOf(kind);
      return `blocks.${index}.conv.${place}`;
    }
    const unit = /^(conv1_depthwise|conv1|conv2|global_depthwise|linear)(?:_(norm|prelu))?$/.exec(layer);
    if (!unit) return undefined;
    const [, name, kind = 'conv'] = unit as unknown as [string, keyof typeof units, string?];
    return `${units[name]}.${kind === 'norm' ? 'bn' : kind}`;
  },
};

const units = {
  conv1: 'conv1',
  conv1_depthwise: 'dw_conv1',
  conv2: 'conv2',
  global_depthwise: 'linear7',
  linear: 'linear1',
} as const;

/** `conv2_1` is the convolution that halves the images of stage 2, those of its residual pairs follow. */
const sphereFace: PyTorchOriginal = {
  from: 'clcarwin/sphereface_pytorch, net_sphere.py',
  rename(layer) {
    const [, kind, stage, index] = /^(conv|prelu)(\d)(?:_(\d+))?$/.exec(layer) ?? [];
    if (kind === undefined) return undefined;
    return `${kind === 'conv' ? 'conv' : 'relu'}${stage}_${Number(index ?? 0) + 1}`;
  },
  hasBias: (layer) => layer.startsWith('conv'),
};

/** A `group` is two max-feature-maps, whose convolutions are called filter. */
const lightCnn: PyTorchOriginal = {
  from: 'AlfredXiangWu/LightCNN, light_cnn.py (LightCNN_9Layers)',
  rename(layer) {
    if (layer === 'fc1') return 'fc1.filter';
    const [, group, first] = /^conv(\d)(a)?$/.exec(layer) ?? [];
    if (group === undefined) return undefined;
    const place = [0, 2, 4, 6, 7][Number(group) - 1];
    return group === '1' ? 'features.0.filter' : `features.${place}.${first ? 'conv_a' : 'conv'}.filter`;
  },
};

/** The PyTorch net that a net of this program was written after, by its name; undefined where there is none. */
export function pyTorchOriginal(net: string): PyTorchOriginal | undefined {
  if (/^iresnet-(18|34|50|100)$/.test(net)) return iresnet;
  return { mobilefacenet: mobileFaceNet, 'sphereface-20': sphereFace, 'light-cnn-b': lightCnn }[net];
}

/** PyTorch's names of what the parameters of layers are called here. */
export const pyTorchSuffixes: Readonly<Record<string, string>> = {
  weight: 'weight',
  bias: 'bias',
  slope: 'weight',
  gamma: 'weight',
  beta: 'bias',
  runningMean: 'running_mean',
  runningVariance: 'running_var',
};
