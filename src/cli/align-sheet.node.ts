/** The contact sheet of `normface align`: photographs with the points, and what was made of them. */

import path from 'node:path';
import { countText } from '../common/format.ts';
import { oneLine } from '../common/printable.ts';
import { photographWithPoints } from '../normface/alignment/drawn-points.node.ts';
import type { PhotographRecord } from '../normface/alignment/landmark-file.node.ts';
import type { Photograph } from '../normface/alignment/photographs.node.ts';
import { type Tile, writeContactSheet } from '../normface/data/images/contact-sheet.node.ts';
import { decodeSource } from '../normface/data/images/decode.node.ts';

/** Photographs that are shown, evenly spread. */
const mostShown = 40;

const imageHeight = 160;

/** Crops that are shown of a photograph. */
const mostCrops = 3;

/**
 * Writes some photographs with the points drawn, each beside its crops.
 * @param records by path of the photograph; those without faces are left out
 */
export async function writePointSheet(
  file: string,
  folder: string,
  photographs: readonly Photograph[],
  records: ReadonlyMap<string, PhotographRecord>,
): Promise<void> {
  const withFaces = photographs.filter(({ path: key }) => records.get(key)!.faces.length > 0);
  const count = Math.min(mostShown, withFaces.length);
  const tiles: Tile[] = [];
  let facesShown = 0;
  for (let k = 0; k < count; k++) {
    const { path: key, source } = withFaces[Math.floor((k * withFaces.length) / count)]!;
    const { faces, width, height } = records.get(key)!;
    const natural = { width: width!, height: height! };
    const within = { width: 2 * imageHeight, height: imageHeight };
    const crops = faces
      .slice(0, mostCrops)
      .map(({ crop }) => decodeSource({ kind: 'file', path: path.join(folder, crop) }));
    facesShown += crops.length;
    tiles.push({
      images: await Promise.all([photographWithPoints(source, natural, faces, within), ...crops]),
      caption: `${oneLine(key)}${faces.length > 1 ? `\n${faces.length} faces` : ''}`,
    });
  }
  const total = withFaces.reduce((sum, { path: key }) => sum + records.get(key)!.faces.length, 0);
  const title = `${path.basename(path.resolve(folder))}: ${sheetCounts(facesShown, total, photographs.length)}`;
  await writeContactSheet(file, tiles, { columns: 4, title, imageHeight, fileNames: true });
}

/** What a sheet shows of what there is: `3 faces of 4 photographs`, or `40 of 60 faces of 61 photographs`. */
export function sheetCounts(facesShown: number, faces: number, photographs: number): string {
  const shown = facesShown < faces ? `${facesShown} of ` : '';
  return `${shown}${countText(faces, 'face')} of ${countText(photographs, 'photograph')}`;
}
