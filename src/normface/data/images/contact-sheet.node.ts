import sharp, { type OverlayOptions } from 'sharp';
import { UserError } from '../../../common/errors.ts';
import { replaceFile } from '../../../common/files.node.ts';
import { escapeMarkup } from '../../../common/markup.ts';
import type { Image } from './image.ts';

/** One cell of a contact sheet: an image, or several side by side such as the two of a pair, above a caption; or none, a gap. */
export interface Tile {
  readonly images: readonly Image[];
  /** A newline breaks where wanted. The first paragraph, of names, is cut at two lines; those after it are shown whole. */
  readonly caption: string;
}

export interface ContactSheetOptions {
  readonly columns: number;
  /** Printed above the tiles. */
  readonly title?: string;
  /** Height in pixels at which the images are shown (default 128). */
  readonly imageHeight?: number;
  /** Captions are names of files, whose underscores are shown; otherwise they count as spaces. */
  readonly fileNames?: boolean;
}

const margin = 20;
const gap = 14;
const fontSize = 12;
const lineHeight = 15;
/** Lines of a caption's first paragraph. */
const nameLines = 2;
const titleSize = 18;
const titleHeight = 40;
const background = '#fafaf8';
const fonts = 'DejaVu Sans, Helvetica, Arial, sans-serif';

/**
 * Writes tiles in rows of `columns` as one PNG file. @returns the size of the sheet in pixels.
 * @throws UserError when there is nothing to show or the file cannot be written.
 */
export async function writeContactSheet(
  path: string,
  tiles: readonly Tile[],
  options: ContactSheetOptions,
): Promise<{ width: number; height: number }> {
  const { title, imageHeight = 128, fileNames } = options;
  if (!tiles.some(({ images }) => images.length > 0)) {
    throw new UserError(`cannot write ${path}: there are no images to show`);
  }
  const columns = Math.min(options.columns, tiles.length);
  const scaled = await Promise.all(
    tiles.map(({ images }) => Promise.all(images.map((image) => scale(image, imageHeight)))),
  );
  const tileWidth = Math.max(...scaled.map((images) => totalWidth(images)));
  const captions = tiles.map(({ caption }) => captionLines(caption, tileWidth, fileNames));
  const tileHeight =
    imageHeight + 6 + Math.max(nameLines, ...captions.map(({ length }) => length)) * lineHeight;
  const top = margin + (title ? titleHeight : 0);
  const width = 2 * margin + columns * (tileWidth + gap) - gap;
  const height = top + Math.ceil(tiles.length / columns) * (tileHeight + gap) - gap + margin;

  const pictures: OverlayOptions[] = [];
  const texts: string[] = [];
  if (title) {
    // Bold letters are wider than the estimate; a title too long for the sheet is set smaller.
    const size = Math.min(titleSize, (width - 2 * margin) / (1.15 * textWidth(title, 1)));
    texts.push(text(title, margin, margin + titleSize, `font-size="${size}" font-weight="bold"`));
  }
  tiles.forEach((_, i) => {
    const left = margin + (i % columns) * (tileWidth + gap);
    const upper = top + Math.floor(i / columns) * (tileHeight + gap);
    let x = left + Math.floor((tileWidth - totalWidth(scaled[i]!)) / 2);
    for (const { pixels, ...size } of scaled[i]!) {
      pictures.push({ input: pixels, raw: { ...size, channels: 3 }, left: x, top: upper });
      x += size.width;
    }
    captions[i]!.forEach((line, row) => {
      const baseline = upper + imageHeight + 4 + (row + 1) * lineHeight - 2;
      texts.push(text(line, left + tileWidth / 2, baseline, `font-size="${fontSize}" text-anchor="middle"`));
    });
  });
  const lettering = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="${fonts}" fill="#222">${texts.join('')}</svg>`;
  const sheet = await sharp({ create: { width, height, channels: 3, background } })
    .composite([...pictures, { input: Buffer.from(lettering), left: 0, top: 0 }])
    .removeAlpha()
    .png()
    .toBuffer();
  replaceFile(path, sheet);
  return { width, height };
}

/** The images of a tile side by side as one PNG, without a caption. @param height of the strip in pixels */
export async function imageStrip(images: readonly Image[], height: number): Promise<Uint8Array> {
  const scaled = await Promise.all(images.map((image) => scale(image, height)));
  let left = 0;
  const pictures = scaled.map(({ pixels, ...size }) => {
    const picture = { input: pixels, raw: { ...size, channels: 3 as const }, left, top: 0 };
    left += size.width;
    return picture;
  });
  return await sharp({ create: { width: left, height, channels: 3, background } })
    .composite(pictures)
    .removeAlpha()
    .png()
    .toBuffer();
}

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Buffer;
}

/** At the height of the sheet; what is more than three times as wide is shown whole, with empty space above and below. */
async function scale(image: Image, height: number): Promise<Picture> {
  const natural = Math.max(1, Math.round((image.width * height) / image.height));
  const width = Math.min(natural, 3 * height);
  const fit = natural > width ? 'contain' : 'fill';
  const pixels = await sharp(image.pixels, { raw: { width: image.width, height: image.height, channels: 3 } })
    .resize(width, height, { fit, background, kernel: 'cubic' })
    .raw()
    .toBuffer();
  return { width, height, pixels };
}

function totalWidth(images: readonly Picture[]): number {
  return images.reduce((sum, { width }) => sum + width, 0);
}

function text(content: string, x: number, y: number, attributes: string): string {
  return `<text x="${x}" y="${y}" ${attributes}>${escapeMarkup(content)}</text>`;
}

/**
 * Breaks a caption between words into lines that fit; underscores of names count as spaces, but are shown in those of files. Names that
 * are too long end in an ellipsis, the paragraphs after them, such as a cosine, never do.
 * @param width in pixels
 * @param fileNames break also after underscores and between folders
 */
export function captionLines(caption: string, width: number, fileNames = false): string[] {
  const [names, ...others] = (fileNames ? caption : caption.replaceAll('_', ' '))
    .split('\n')
    .map((paragraph) => linesOf(paragraph.split(fileNames ? /(?<=[ _/])/ : /(?<= )/), width));
  const shown = names!.slice(0, nameLines).map((line, i) => {
    const isComplete = i < nameLines - 1 || names!.length <= nameLines;
    if (isComplete && textWidth(line) <= width) return line;
    let short = line;
    while (short && textWidth(`${short}…`) > width) short = short.slice(0, -1);
    return `${short}…`;
  });
  return [...shown, ...others.flat()];
}

/** @param words with what stands between them at their ends; spaces there are left out at the ends of lines */
function linesOf(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    const longer = line + word;
    if (line && textWidth(longer.trimEnd()) > width) {
      lines.push(line.trimEnd());
      line = word;
    } else line = longer;
  }
  return [...lines, line.trimEnd()];
}

/** Estimated width in pixels; the advance widths of common sans-serif faces are close to these, in units of the font size. */
function textWidth(content: string, size = fontSize): number {
  let width = 0;
  for (const character of content) {
    width += /[ijlftI.,:;'|!() ]/.test(character) ? 0.38 : /[mwMW@%]/.test(character) ? 0.95 : 0.63;
  }
  return width * size;
}
