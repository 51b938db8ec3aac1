import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import sharp from 'sharp';
import { pack } from 'tar-stream';
import { afterAll } from 'vitest';
import { hash32 } from '../../../src/engine/core/random.ts';
import type { Image } from '../../../src/normface/data/images/image.ts';

/** A temporary folder that is gone after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'normface-data-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Smooth colours that depend on the seed. */
export function picture(width: number, height: number, seed: number): Image {
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const x = Math.floor(i / 3) % width;
    const y = Math.floor(i / 3 / width);
    return 128 + 100 * Math.sin((x * (1 + (hash32(seed, i % 3) % 5)) + y * (1 + (seed % 7))) / 20);
  });
  return { width, height, pixels };
}

/** A picture as a file. */
export function encode(
  format: 'jpeg' | 'png' | 'webp',
  width: number,
  height: number,
  seed: number,
): Promise<Buffer> {
  return sharp(picture(width, height, seed).pixels, { raw: { width, height, channels: 3 } })
    .toFormat(format)
    .toBuffer();
}

/** Writes files into a folder. */
export function writeTree(folder: string, files: Record<string, Uint8Array | string>): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

/** The bytes of a tar archive. */
export async function tarOf(files: Record<string, Uint8Array | string>): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, Buffer.from(content));
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** A file of the shared data (environment NORMFACE_DATA or ../shared/data), or undefined where there is none. */
export function realData(path: string): string | undefined {
  const folder = process.env.NORMFACE_DATA ?? resolve(import.meta.dirname, '../../../../shared/data');
  const file = join(folder, path);
  if (existsSync(file)) return file;
  console.warn(`skipped: ${file} is not there`);
  return undefined;
}

/** The error of a promise, which must reject. */
export async function errorOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected an error, but there was none');
}
