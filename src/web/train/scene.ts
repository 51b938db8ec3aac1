import type { View } from '../../common/projection.ts';
import type { Embedding } from '../live/embedding.ts';
import type { Layout, Mode } from '../live/layout.ts';

/** What is drawn. */
export interface Scene {
  readonly embedding: Embedding;
  readonly layout: Layout;
  readonly mode: Mode;
  readonly view: View;
  /** Short names of the classes. */
  readonly names: readonly string[];
  /** Whether the centres of the classes are marked. */
  readonly showCentres: boolean;
}
