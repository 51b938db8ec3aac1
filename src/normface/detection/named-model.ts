import type { ModelFile } from '../models/model-file.ts';

/** A file that was read, and what sentences call it. */
export interface NamedModel {
  readonly model: ModelFile;
  readonly source: string;
}
