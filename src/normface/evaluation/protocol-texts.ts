import { type ProtocolName, protocolNames } from './protocol-names.ts';

/**
 * The rule whose row is to be read first: a plain cosine at a threshold that no judged pair has a say in, on features treated as
 * the paper treats them, and the rule behind the tables of `normface paper`.
 */
export const firstProtocol: ProtocolName = 'normface-pca';

/** What each rule does, in one sentence for readers who meet its name in a table. */
export const protocolDescriptions: Readonly<Record<ProtocolName | 'held-out-fold', string>> = {
  'lfw-10fold-l2':
    'As facenet and insightface: distance of features summed with those of the mirror image; the threshold, a multiple of 0.01, is the first best one on the other folds.',
  'lfw-10fold-cos':
    'As sphereface_pytorch: cosine of features without the mirror image; the threshold, a multiple of 0.005, is the last best one on the other folds.',
  'best-threshold':
    'As opensphere: cosine at the one threshold that is best on the very pairs that are judged, so it is too optimistic.',
  '10fold-mean':
    'As SphereFace: the mean feature of the other folds is subtracted before cosines are taken; the threshold is the mean of the best ones on the other folds.',
  'normface-pca-svm':
    "As NormFace's script (lfwPCA.m of happynear/FaceVerification): PCA fitted to the other folds, distance, and the boundary of a linear support vector machine that learns from the other folds.",
  'normface-pca':
    'PCA fitted to the other folds, cosine, and the exactly best threshold of the other folds: no judged pair has a say in its threshold.',
  'normface-nopca-svm': 'As normface-pca-svm without PCA.',
  'normface-nopca': 'As normface-pca without PCA.',
  'normface-nopca-svm-all':
    "As NormFace's script does without PCA: one support vector machine that learns from the very pairs that are judged, so it is too optimistic.",
  'held-out-fold': 'Cosine on one fold alone at the threshold that is best on another.',
};

/** Names and sentences in the order of the tables. */
export const protocolLegend: readonly { readonly name: ProtocolName; readonly description: string }[] =
  protocolNames.map((name) => ({ name, description: protocolDescriptions[name] }));
