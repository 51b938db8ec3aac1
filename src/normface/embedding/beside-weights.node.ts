import path from 'node:path';
import { trainedName } from '../training/checkpoint/weights-names.ts';

/**
 * A file that belongs to a weights file, in its folder. Where a checkpoint has an average and the net as it is trained, what belongs to
 * the latter is called after it.
 */
export function besideWeights(weightsFile: string, name: string): string {
  const prefix = path.basename(weightsFile) === trainedName ? 'trained-' : '';
  return path.join(path.dirname(weightsFile), `${prefix}${name}`);
}
