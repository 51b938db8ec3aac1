/** What data sets are written as: each target takes the images in order and keeps none. */

import { once } from 'node:events';
import path from 'node:path';
import { type Pack, pack } from 'tar-stream';
import { UserError } from '../../../common/errors.ts';
import type { Dataset } from '../dataset.ts';
import { otherRecords } from '../recordio/beside.node.ts';
import { encodeRecord, imagePayload, rangePayload } from '../recordio/format.ts';
import { binEnd, binImage, binStart } from '../verification-bin/write-bin.ts';
import type { EncodedImage } from './encoded-image.node.ts';
import type { StagedFile, Staging } from './staging.node.ts';

/** Takes the images of a data set. */
export interface Target {
  /** @param identity class of the image */
  add(image: EncodedImage, identity: number): void | Promise<void>;
  /** After the last image. */
  finish(): void | Promise<void>;
}

/** A folder `identity/file`. */
export function folderTarget(staging: Staging): Target {
  return {
    add: ({ path, bytes }) => staging.write(path, bytes),
    finish: () => staging.commitFolder(),
  };
}

/** A tar archive of the same tree. Times are left out, so that the same images give the same bytes. */
export function tarTarget(staging: Staging, out: string): Target {
  const name = path.basename(out);
  const file = staging.file(name);
  const archive: Pack = pack();
  let failure: unknown;
  archive.on('data', (chunk) => {
    try {
      file.append(chunk as Uint8Array);
    } catch (error) {
      // Thrown from here it would reach nobody.
      failure ??= error;
    }
  });
  const check = () => {
    if (failure !== undefined) throw failure;
  };
  const paths = new Set<string>();
  return {
    add({ path, bytes }) {
      if (paths.has(path)) throw new UserError(`two images would have the name ${path}`);
      paths.add(path);
      archive.entry({ name: path, mtime: new Date(0), mode: 0o644 }, Buffer.from(bytes));
      check();
    },
    async finish() {
      const end = once(archive, 'end');
      archive.finalize();
      await end;
      check();
      staging.commitFiles([name]);
    },
  };
}

/** Above it not every whole number is a 32-bit float, as which insightface's records hold keys. */
const mostKeys = 2 ** 24;

/**
 * The files that a RecordIO data set consists of, the one with the images last. The file `property` speaks of a folder, in which
 * insightface keeps one set: beside another `.rec` there is none.
 */
export function recordFiles(out: string): string[] {
  const stem = path.basename(out, path.extname(out));
  const property = otherRecords(out).length > 0 ? [] : ['property'];
  return [`${stem}.idx`, `${stem}.lst`, ...property, path.basename(out)];
}

/**
 * A RecordIO file as insightface makes it (`rec_builder.py`): record 0 tells where the images and the people end, images have the
 * keys from 1, and after them comes a record for each person with the keys of the person's images. Beside it `.idx` (key ⇥ offset),
 * `.lst` (key ⇥ label ⇥ path, with the names of the people) and, where it is the only one of its folder, `property`
 * (classes,height,width).
 * @param size height and width in pixels, for `property`
 */
export function recordTarget(
  staging: Staging,
  out: string,
  { identities, samples }: Pick<Dataset, 'identities' | 'samples'>,
  [height, width]: readonly [number, number],
): Target {
  const images = samples.length;
  const end = images + 1 + identities.length;
  if (end > mostKeys)
    throw new UserError(`${images} images are more than a RecordIO file of insightface numbers: ${mostKeys}`);
  const names = recordFiles(out);
  const files = new Map(names.map((name) => [path.extname(name), staging.file(name)]));
  const [index, list, records] = ['.idx', '.lst', path.extname(out)].map((ending) => files.get(ending)) as [
    StagedFile,
    StagedFile,
    StagedFile,
  ];
  const write = (key: number, payload: Uint8Array) => {
    index.append(`${key}\t${records.length}\n`);
    records.append(encodeRecord(payload));
  };
  const ends = new Float64Array(identities.length);
  write(0, rangePayload(images + 1, end, 0));
  let key = 1;
  return {
    add({ path, bytes }, identity) {
      write(key, imagePayload(identity, key, bytes));
      list.append(`${key}\t${identity}\t${path}\n`);
      ends[identity] = ++key;
    },
    finish() {
      identities.forEach((_, identity) => {
        const first = identity === 0 ? 1 : ends[identity - 1]!;
        write(key, rangePayload(first, ends[identity]!, key));
        key++;
      });
      files.get('')?.append(`${identities.length},${height},${width}`);
      staging.commitFiles(names);
    },
  };
}

/** A verification set of insightface. @param same for each pair, that is for every two images, whether they show one person */
export function binTarget(staging: Staging, out: string, same: readonly boolean[]): Target {
  const name = path.basename(out);
  const file = staging.file(name);
  file.append(binStart());
  let index = 0;
  return {
    add({ bytes }) {
      for (const piece of binImage(bytes, index++, 2 * same.length)) file.append(piece);
    },
    finish() {
      file.append(binEnd(same));
      staging.commitFiles([name]);
    },
  };
}
