/** "Did you mean": the known word nearest to a mistyped one. */

import { editDistance } from './edit-distance.ts';

/** Names people bring along from other tools. */
const ALIASES: Record<string, string> = {
  lr: 'optimiser.learningRate',
  wd: 'optimiser.weightDecay',
  decay: 'optimiser.weightDecay',
  batch: 'batchSize',
  bs: 'batchSize',
  optimizer: 'optimiser',
  maxsteps: 'steps',
  iterations: 'steps',
  model: 'net',
  network: 'net',
  dataset: 'data',
  flip: 'augmentation.mirror',
  lowres: 'augmentation.lowResolution',
  jitter: 'augmentation.photometric',
  colorjitter: 'augmentation.photometric',
  cutout: 'augmentation.erase',
  randomerasing: 'augmentation.erase',
  s: 'loss.scale.initial',
  m: 'loss.margin',
  h: 'loss.concentration',
  l: 'loss.lambda',
  std: 'loss.deviation',
  la: 'loss.leastNorm',
  ua: 'loss.mostNorm',
  lmargin: 'loss.leastMargin',
  umargin: 'loss.mostMargin',
};

/**
 * The known word that `word` most likely stands for, or undefined when none is near. Case, "_" and "-" do not count; of dotted
 * words also the last part is compared, so that `learningRate` finds `optimiser.learningRate`.
 */
export function suggest(word: string, known: readonly string[]): string | undefined {
  const leaf = lastPart(word);
  const alias = ALIASES[plain(leaf)];
  if (alias !== undefined && known.includes(alias)) return alias;
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of known) {
    const distance = distanceOf(word, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  // Every letter is one edit from every other.
  const allowed = plain(leaf).length === 1 ? 0.5 : Math.max(1.5, plain(leaf).length / 3);
  return bestDistance <= allowed ? best : undefined;
}

/** Known words, those that `word` may stand for first; of words equally near, as they come. */
export function nearestFirst(word: string, known: readonly string[]): string[] {
  // Names of files can be of any length; what is far from a word by its first letters is far from it.
  const cut = (text: string) => text.slice(0, longestCompared);
  return known
    .map((candidate) => ({ candidate, distance: distanceOf(cut(word), cut(candidate)) }))
    .sort((a, b) => a.distance - b.distance)
    .map(({ candidate }) => candidate);
}

/** Letters that are compared. */
const longestCompared = 100;

function distanceOf(word: string, candidate: string): number {
  const whole = editDistance(plain(word), plain(candidate));
  const last =
    editDistance(plain(lastPart(word)), plain(lastPart(candidate))) + (sameParent(word, candidate) ? 0 : 0.5);
  return Math.min(whole, last);
}

function plain(word: string): string {
  return word.toLowerCase().replaceAll(/[_-]/g, '');
}

function lastPart(word: string): string {
  return word.slice(word.lastIndexOf('.') + 1);
}

function sameParent(a: string, b: string): boolean {
  return a.slice(0, a.lastIndexOf('.') + 1) === b.slice(0, b.lastIndexOf('.') + 1);
}
