import { countText } from '../common/format.ts';
import type { Dataset } from '../normface/data/dataset.ts';
import { openDataset } from '../normface/data/open.node.ts';
import type { Context } from './context.node.ts';

/** Opens a data set; a status line counts the files, which may take a while on a network drive. */
export async function openWithStage(context: Context, path: string): Promise<Dataset> {
  const stage = context.stage('looking for images');
  try {
    return await openDataset(path, (files) =>
      stage.rename(`looking for images: ${countText(files, 'file')}`),
    );
  } finally {
    stage.end();
  }
}
