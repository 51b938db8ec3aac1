/** What the page has itself: a small net, and faces that the generator draws. */

import { parseThreshold, type StoredThreshold } from '../../normface/embedding/stored-threshold.ts';
import type { NetSource } from './checkpoint.ts';
import { drawnFace, type FaceSource } from './face-source.ts';

/** The world of the net's training data; people from this one on were neither trained on nor evaluated (sample/README.md). */
const world = { seed: 1, firstUnseen: 600 };

const people = 3;
const picturesOfEach = 2;

/** The net that comes with the page, and its threshold. */
export async function sampleNet(): Promise<{ net: NetSource; threshold: StoredThreshold }> {
  const { weights, threshold } = await import('../sample/index.ts');
  return {
    net: { path: 'the sample net', bytes: async () => weights },
    threshold: parseThreshold(threshold, 'the threshold of the sample net'),
  };
}

/** Two pictures each of three people; another `turn` gives other people. */
export function sampleFaces(turn: number): FaceSource[] {
  return Array.from({ length: people * picturesOfEach }, (_, i) =>
    drawnFace(
      world.seed,
      world.firstUnseen + turn * people + Math.floor(i / picturesOfEach),
      i % picturesOfEach,
    ),
  );
}
