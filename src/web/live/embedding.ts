/** Features and class weights at one moment of a training, and what can be read off them. */

/** Features of a fixed sample, and the class weights ("agents") beside them. */
export interface Embedding {
  /** Optimiser steps done. */
  readonly step: number;
  readonly dimension: 2 | 3;
  /** As the net gives them, one after another. */
  readonly features: Float32Array;
  /** Class of each feature. */
  readonly labels: ArrayLike<number>;
  /** Whether its picture is held out of the training. */
  readonly heldOut: readonly boolean[];
  /** One class weight after another. */
  readonly agents: Float32Array;
  /** One number per class, of a softmax with a bias. */
  readonly bias: Float32Array | null;
  /** Whether only the directions of features and agents count. */
  readonly cosine: boolean;
}

/** Squared norms below this count as zero: such a feature has no direction. */
const tiny = 1e-24;

/** The rows of an array of vectors divided by their norms; a zero row stays zero. */
export function normalised(vectors: Float32Array, dimension: number): Float32Array {
  const result = vectors.slice();
  for (let start = 0; start < result.length; start += dimension) {
    let square = 0;
    for (let k = 0; k < dimension; k++) square += result[start + k]! ** 2;
    const factor = square > tiny ? 1 / Math.sqrt(square) : 0;
    for (let k = 0; k < dimension; k++) result[start + k]! *= factor;
  }
  return result;
}

/** The agent with the largest score of a vector: the inner product, and its bias where there is one. */
export function bestAgent(
  vector: ArrayLike<number>,
  agents: Float32Array,
  bias: Float32Array | null,
): number {
  const { length } = vector;
  let best = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (let k = 0; k * length < agents.length; k++) {
    let score = bias ? bias[k]! : 0;
    for (let axis = 0; axis < length; axis++) score += vector[axis]! * agents[k * length + axis]!;
    if (score > most) [best, most] = [k, score];
  }
  return best;
}

/** Agents as they are compared with features: their directions where only these count. */
export function comparedAgents({ agents, cosine, dimension }: Embedding): Float32Array {
  return cosine ? normalised(agents, dimension) : agents;
}

/** Share of the sample whose own agent has the largest score, of the pictures trained on and of those held out. */
export function accuracy(embedding: Embedding): { readonly training: number; readonly heldOut: number } {
  const { features, dimension, labels, heldOut, bias } = embedding;
  const agents = comparedAgents(embedding);
  const right = [0, 0];
  const all = [0, 0];
  heldOut.forEach((isHeldOut, i) => {
    const group = isHeldOut ? 1 : 0;
    all[group]!++;
    const feature = features.subarray(i * dimension, (i + 1) * dimension);
    if (bestAgent(feature, agents, bias) === labels[i]) right[group]!++;
  });
  return { training: right[0]! / all[0]!, heldOut: right[1]! / all[1]! };
}

/** Where the normalised features of each class lie on average, normalised; zeros for a class without features. */
export function classCentres({ features, labels, dimension, agents }: Embedding): Float32Array {
  const directions = normalised(features, dimension);
  const sums = new Float32Array(agents.length);
  for (let i = 0; i < labels.length; i++)
    for (let k = 0; k < dimension; k++) sums[labels[i]! * dimension + k]! += directions[i * dimension + k]!;
  return normalised(sums, dimension);
}

/** Largest norm of a few vectors, and at least a tiny number. */
export function reachOf(vectors: Float32Array, dimension: number): number {
  let most = 0;
  for (let start = 0; start < vectors.length; start += dimension)
    most = Math.max(most, Math.hypot(...vectors.subarray(start, start + dimension)));
  return Math.max(most, 1e-6);
}
