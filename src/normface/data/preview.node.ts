import { countText } from '../../common/format.ts';
import { hash32 } from '../../engine/core/random.ts';
import { type Dataset, imageName, type Source, samplesByIdentity } from './dataset.ts';
import { type ContactSheetOptions, type Tile, writeContactSheet } from './images/contact-sheet.node.ts';
import { decodeSource, decodeWithin } from './images/decode.node.ts';
import type { ImageSize } from './images/image.ts';
import { imageTitles } from './protocols/image-numbers.ts';

export interface PreviewOptions extends Partial<ContactSheetOptions> {
  /** Number of people shown, one a row (default 8). */
  readonly rows?: number;
  /** Decides who is shown. */
  readonly seed?: number;
  /** Size at which generated faces are rendered (default 96 × 112). */
  readonly size?: ImageSize;
  /** Called for every image that cannot be read; it is left out. */
  readonly onCorrupt?: (name: string, reason: string) => void;
}

/** Separates this use of a seed from all others. */
const previewStream = 0x76696577;

/** The quality of a generated image, where it was asked for, as further paragraphs of its caption. */
function qualityText(source: Source): string {
  const { blur, detail } = (source.kind === 'generated' && source.quality) || {};
  return (
    (blur === undefined ? '' : `\nblur ${blur} ‰`) + (detail === undefined ? '' : `\n${detail} pixels wide`)
  );
}

/** Some people drawn at random, preferably with enough images, and so many of the images of each. */
export function peopleShown(
  groups: readonly (readonly number[])[],
  people: number,
  images: number,
  seed: number,
): { readonly identity: number; readonly group: readonly number[] }[] {
  return groups
    .map((group, identity) => ({
      identity,
      group: group.slice(0, images),
      place: hash32(seed, previewStream, identity),
    }))
    .sort((a, b) => b.group.length - a.group.length || a.place - b.place)
    .slice(0, people)
    .sort((a, b) => a.identity - b.identity);
}

/**
 * Writes a contact sheet of a data set: a row for each of some people drawn at random, preferably with enough images to fill it.
 * @returns names of the people shown and the size of the sheet. @throws UserError when nothing can be shown or written.
 */
export async function writePreview(
  dataset: Dataset,
  path: string,
  options: PreviewOptions = {},
): Promise<{ identities: string[]; width: number; height: number }> {
  const { rows = 8, columns: mostColumns = 8, seed = 0, imageHeight = 128, size, onCorrupt } = options;
  const groups = samplesByIdentity(dataset);
  const titles = imageTitles(dataset);
  const shown = peopleShown(groups, rows, mostColumns, seed);
  const columns = Math.max(...shown.map(({ group }) => group.length));
  const tiles: Tile[] = [];
  for (const { group } of shown) {
    for (const index of group) {
      const sample = dataset.samples[index]!;
      const { source } = sample;
      try {
        // Generated faces are drawn at the size that is asked for; photographs are shrunk while they are decoded.
        const image = await (source.kind === 'generated'
          ? decodeSource(source, size)
          : decodeWithin(source, { width: 3 * imageHeight, height: imageHeight }));
        tiles.push({ images: [image], caption: titles[index]! + qualityText(source) });
      } catch (error) {
        onCorrupt?.(imageName(sample), (error as Error).message);
      }
    }
    while (tiles.length % columns > 0) tiles.push({ images: [], caption: '' });
  }
  const title =
    options.title ??
    `${dataset.name}: ${countText(groups.length, 'person', 'people')}, ${countText(dataset.samples.length, 'image')}`;
  const sheet = await writeContactSheet(path, tiles, { ...options, imageHeight, columns, title });
  return { identities: shown.map(({ identity }) => dataset.identities[identity]!), ...sheet };
}
