/** What image format bytes begin like. */

/** A format that people keep photographs in, and whether it is one of those that are decoded. */
export interface ImageFormat {
  readonly name: string;
  readonly decoded: boolean;
}

/** Bytes that are enough to tell the format. */
export const headBytes = 64;

/** Where fixed bytes (as Latin-1 text) stand in each format; the first that fits decides. */
const signatures: readonly [name: string, offset: number, bytes: string][] = [
  ['JPEG', 0, '\xff\xd8\xff'],
  ['PNG', 0, '\x89PNG\r\n\x1a\n'],
  ['GIF', 0, 'GIF87a'],
  ['GIF', 0, 'GIF89a'],
  ['TIFF', 0, 'II*\0'],
  ['TIFF', 0, 'MM\0*'],
  ['TIFF', 0, 'II+\0'],
  ['TIFF', 0, 'MM\0+'],
  ['BMP', 6, '\0\0\0\0'],
  ['JPEG XL', 0, '\xff\x0a'],
  ['JPEG XL', 4, 'JXL \r\n'],
  ['JPEG 2000', 4, 'jP  \r\n'],
  ['JPEG 2000', 0, '\xff\x4f\xff\x51'],
  ['Photoshop', 0, '8BPS'],
];

const decodedFormats: readonly string[] = ['JPEG', 'PNG', 'WebP', 'TIFF', 'GIF', 'AVIF', 'PGM or PPM'];

/** The image format of a file by its first `headBytes` bytes, whatever its name ends in; undefined when they begin like no image. */
export function imageFormat(head: Uint8Array): ImageFormat | undefined {
  const text = String.fromCharCode(...head.subarray(0, headBytes));
  const name = containerFormat(text) ?? signatures.find((signature) => fits(signature, text))?.[0];
  return name === undefined ? undefined : { name, decoded: decodedFormats.includes(name) };
}

function fits([name, offset, bytes]: (typeof signatures)[number], text: string): boolean {
  if (name === 'BMP' && !text.startsWith('BM')) return false;
  return text.startsWith(bytes, offset);
}

/** Formats that share a container with others, and netpbm, whose first two letters many texts have too. */
function containerFormat(text: string): string | undefined {
  if (text.startsWith('RIFF') && text.startsWith('WEBP', 8)) return 'WebP';
  if (/^P[2356][\s#]/.test(text)) return 'PGM or PPM';
  if (/^P[147][\s#]/.test(text)) return 'PBM or PAM';
  if (!text.startsWith('ftyp', 4)) return undefined;
  // ISO 14496-12, section 4.3: the length of the box, "ftyp", the major brand, its version, the compatible brands.
  const brands = text.slice(8, Math.max(16, Math.min(text.length, text.charCodeAt(3))));
  if (brands.includes('avif') || brands.includes('avis')) return 'AVIF';
  return /hei[cmsx]|hev[cmsx]|mif1|msf1/.test(brands) ? 'HEIC' : undefined;
}
