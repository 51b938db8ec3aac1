/** The files of crops. */

import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { replaceFile, type WriteFile } from '../common/files.node.ts';
import type { AlignedPhotograph } from '../normface/alignment/align-photographs.node.ts';
import {
  type AlignSettings,
  type PhotographRecord,
  rounded,
} from '../normface/alignment/landmark-file.node.ts';
import type { RgbaImage } from '../normface/detection/detector.ts';

/** A rename is enough for an end of the program; an end of the system costs crops, which are made again. */
const writeQuickly: WriteFile = (file, pieces) =>
  fs.writeFileSync(file, Buffer.concat(pieces), { flag: 'wx' });

/** Writes the crops of a photograph below a folder. @param stem their path without its ending @returns what is noted of them */
export async function writeCrops(
  { photograph, size, faces, outside, refused, reason, damage }: AlignedPhotograph,
  out: string,
  stem: string,
  { format, quality, choice }: AlignSettings,
): Promise<PhotographRecord> {
  const written = faces.map(async ({ crop, points, box, score, error }, k) => {
    const name = `${stem}${choice === 'all' && faces.length > 1 ? `.face${k + 1}` : ''}.${format}`;
    replaceFile(path.join(out, name), await encoded(crop, quality), writeQuickly);
    return {
      crop: name,
      points: points.map(({ x, y }) => [rounded(x), rounded(y)] as const),
      box: box && ([box.x, box.y, box.width, box.height].map(rounded) as [number, number, number, number]),
      score: score === null ? null : Math.round(score * 1e4) / 1e4,
      error: rounded(error),
    };
  });
  return {
    photograph: photograph.path,
    bytes: photograph.bytes,
    modified: photograph.modified,
    width: size?.width ?? null,
    height: size?.height ?? null,
    faces: await Promise.all(written),
    ...(outside > 0 ? { outside } : {}),
    ...(refused.length > 0 ? { refused } : {}),
    ...(damage === undefined ? {} : { damage }),
    ...(reason === null ? {} : { reason }),
  };
}

/** @param quality of a JPEG file; null: PNG. Halved chroma, which most JPEG files have, costs nothing that is seen below 90. */
export function encoded({ width, height, data }: RgbaImage, quality: number | null): Promise<Buffer> {
  const image = sharp(data, { raw: { width, height, channels: 4 } }).removeAlpha();
  return quality === null
    ? image.png().toBuffer()
    : image.jpeg({ quality, chromaSubsampling: quality < 90 ? '4:2:0' : '4:4:4' }).toBuffer();
}
