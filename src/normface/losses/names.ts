/** Names of the losses, in the order in which messages list them; apart from the losses, so that a help text need not load them. */
export const lossNames = [
  'softmax',
  'normface',
  'c-contrastive',
  'c-triplet',
  'cosface',
  'arcface',
  'sphereface',
  'sphereface2',
  'adacos',
  'circle',
  'curricularface',
  'uniface',
  'adaface',
  'magface',
  'elasticface',
  'center',
  'pair-contrastive',
  'triplet',
] as const;

/** The loss of a configuration that names none. */
export const defaultLoss = 'softmax';
