import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Device } from '../../../src/engine/core/tensor.ts';
import { openDetector } from '../../../src/normface/detection/find-detector.node.ts';
import { errorOf, temporaryFolder } from '../data/fixtures.ts';

/** What is refused here is refused before a device is needed. */
const noDevice = {} as Device;
const folder = temporaryFolder();

const { NORMFACE_MTCNN, NORMFACE_CACHE } = process.env;
const restore = (name: string, value: string | undefined) => {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
};
beforeEach(() => {
  process.env.NORMFACE_CACHE = folder;
});
afterEach(() => {
  restore('NORMFACE_MTCNN', NORMFACE_MTCNN);
  restore('NORMFACE_CACHE', NORMFACE_CACHE);
});

test('a detector that there is not is answered with those that there are', async () => {
  expect((await errorOf(openDetector(noDevice, 'retinaface'))).message).toBe(
    'there is no detector retinaface; known: mtcnn, face-api, each with :FOLDER for its files',
  );
  expect((await errorOf(openDetector(noDevice, 'mtcnn:'))).message).toBe(
    'the detector mtcnn: lacks its folder',
  );
});

test('files that are missing are named, with where they were looked for', async () => {
  const files = 'it needs det1.caffemodel, det2.caffemodel, det3.caffemodel, or pnet.pt, rnet.pt, onet.pt';
  expect((await errorOf(openDetector(noDevice, `mtcnn:${folder}`))).message).toBe(
    `MTCNN's files are not in ${folder}: ${files}`,
  );
  process.env.NORMFACE_MTCNN = join(folder, 'nowhere');
  expect((await errorOf(openDetector(noDevice, 'mtcnn'))).message).toBe(
    `MTCNN's files are not in ${join(folder, 'nowhere')} or ${join(folder, 'mtcnn')}: ${files}`,
  );
  expect((await errorOf(openDetector(noDevice, `face-api:${folder}`))).message).toMatch(
    /^face-api's models are not in .*: it needs tiny_face_detector_model-weights_manifest\.json and/,
  );
});

test('the environment says where MTCNN is, and a file that is none of its nets is named', async () => {
  for (const name of ['det1', 'det2', 'det3']) writeFileSync(join(folder, `${name}.caffemodel`), 'no net');
  process.env.NORMFACE_MTCNN = folder;
  const { message } = await errorOf(openDetector(noDevice));
  expect(message).toContain(join(folder, 'det'));
});
