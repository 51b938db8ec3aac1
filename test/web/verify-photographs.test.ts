import { describe, expect, test } from 'vitest';
import { assemble, pickDetectorFiles } from '../../src/web/verify/detector-files.ts';
import { cautionsOf, oddity } from '../../src/web/verify/likeness.ts';
import {
  cameraProblem,
  detectorText,
  leftOutText,
  lookedText,
  photographText,
} from '../../src/web/verify/photograph-texts.ts';
import { kindOf, type PictureKind } from '../../src/web/verify/picture-kind.ts';
import { isPictureMode } from '../../src/web/verify/picture-mode.ts';
import { placeOfBox, placeOfPoint } from '../../src/web/verify/preview.ts';

describe('what is a photograph', () => {
  const rectangle = { width: 96, height: 112 };
  const square = { width: 112, height: 112 };

  test.each<[width: number, height: number, ofRectangle: PictureKind, ofSquare: PictureKind]>([
    [96, 112, 'aligned', 'photograph'],
    [112, 112, 'photograph', 'aligned'],
    [48, 56, 'aligned', 'photograph'],
    [192, 224, 'aligned', 'photograph'],
    [224, 224, 'photograph', 'aligned'],
    [160, 160, 'photograph', 'aligned'],
    // Faces in the wild as they are published: square, and no crop.
    [250, 250, 'photograph', 'photograph'],
    [640, 480, 'photograph', 'photograph'],
    [3456, 4032, 'photograph', 'photograph'],
    [4032, 3024, 'photograph', 'photograph'],
  ])('%d × %d', (width, height, ofRectangle, ofSquare) => {
    expect(kindOf({ width, height }, rectangle, 'size')).toBe(ofRectangle);
    expect(kindOf({ width, height }, square, 'size')).toBe(ofSquare);
    // Before there is a net, crops for either are taken for crops.
    const before = ofRectangle === 'aligned' || ofSquare === 'aligned' ? 'aligned' : 'photograph';
    expect(kindOf({ width, height }, undefined, 'size')).toBe(before);
    expect(kindOf({ width, height }, rectangle, 'photograph')).toBe('photograph');
    expect(kindOf({ width, height }, rectangle, 'aligned')).toBe('aligned');
  });

  test('a net of an unusual shape', () => {
    const net = { width: 100, height: 200 };
    expect(kindOf({ width: 100, height: 200 }, net, 'size')).toBe('aligned');
    expect(kindOf({ width: 50, height: 100 }, net, 'size')).toBe('aligned');
    expect(kindOf({ width: 96, height: 112 }, net, 'size')).toBe('photograph');
  });

  test('addresses name only what there is', () => {
    expect(['size', 'photograph', 'aligned'].every(isPictureMode)).toBe(true);
    expect([null, '', 'other', 'toString'].some(isPictureMode)).toBe(false);
  });
});

describe('the files of a detector', () => {
  const files = (...paths: string[]) => paths.map((path) => ({ path }));
  const faceApi = [
    'model/tiny_face_detector_model-weights_manifest.json',
    'model/tiny_face_detector_model.bin',
    'model/face_landmark_68_model-weights_manifest.json',
    'model/face_landmark_68_model.bin',
  ];

  test('are told from images and checkpoints; the other models of a folder are passed over', () => {
    const { detector, others } = pickDetectorFiles(
      files(
        ...faceApi,
        'model/ssd_mobilenetv1_model.bin',
        'a/det2.caffemodel',
        'face.jpg',
        'run/threshold.json',
        'b.bin',
      ),
    );
    expect(detector.map(({ path }) => path)).toEqual([...faceApi, 'a/det2.caffemodel']);
    expect(others.map(({ path }) => path)).toEqual(['face.jpg', 'run/threshold.json', 'b.bin']);
  });

  test('are put together once all are there, and what is missing is named', () => {
    const caffe = files('det1.caffemodel', 'x/det2.caffemodel', 'det3.caffemodel');
    expect(assemble(caffe.slice(0, 2))).toEqual({ missing: ['det3.caffemodel'] });
    expect(assemble(caffe)).toEqual({ found: { kind: 'mtcnn', files: caffe } });
    const torch = files('onet.pt', 'pnet.pt', 'rnet.pt');
    expect(assemble(torch)).toMatchObject({ found: { files: [torch[1], torch[2], torch[0]] } });
    expect(assemble(files(...faceApi.slice(0, 2)))).toEqual({
      missing: ['face_landmark_68_model-weights_manifest.json', 'face_landmark_68_model.bin'],
    });
    const whole = assemble(files(...faceApi));
    expect(whole).toMatchObject({ found: { kind: 'face-api', detector: { path: faceApi[0] } } });
    // The larger net for points lacks its weights: the tiny one would do, but half of another is no reason to take it.
    expect(assemble(files(...faceApi.slice(0, 3)))).toEqual({ missing: ['face_landmark_68_model.bin'] });
    const tiny = ['face_landmark_68_tiny_model-weights_manifest.json', 'face_landmark_68_tiny_model-shard1'];
    expect(assemble(files(...faceApi.slice(0, 2), ...tiny))).toMatchObject({
      found: { points: { path: tiny[0] } },
    });
  });
});

describe('places in a photograph', () => {
  const size = { width: 200, height: 100 };

  test('are hundredths from its edges, half a pixel from the centres of its pixels', () => {
    expect(placeOfPoint({ x: -0.5, y: -0.5 }, size)).toEqual({ left: 0, top: 0 });
    expect(placeOfPoint({ x: 199.5, y: 99.5 }, size)).toEqual({ left: 100, top: 100 });
    expect(placeOfPoint({ x: 49.5, y: 49.5 }, size)).toEqual({ left: 25, top: 50 });
    expect(placeOfBox({ x: 19.5, y: 9.5, width: 40, height: 30 }, size)).toEqual({
      left: 10,
      top: 10,
      width: 20,
      height: 30,
    });
  });

  test('of boxes end at its edges', () => {
    expect(placeOfBox({ x: -40, y: 79.5, width: 400, height: 50 }, size)).toEqual({
      left: 0,
      top: 80,
      width: 100,
      height: 20,
    });
  });
});

test('aligned faces are odd when turned aside or tiny, never for the size of their photograph', () => {
  const face = (error: number, width: number) => ({
    number: 3,
    isSample: false,
    picture: { width: 96, height: 112, original: { width, height: (width * 112) / 96 }, aligned: { error } },
  });
  expect(oddity(face(2, 96))).toBeUndefined();
  expect(oddity(face(2, 2000))).toBeUndefined();
  expect(oddity(face(9, 96))).toContain('aside');
  expect(oddity(face(2, 40))).toContain('enlarged');
  expect(cautionsOf([face(9, 96)], 'lfw')).toEqual([
    'Face 3 is turned far aside, or its points are wrong: the net knows little of such faces.',
  ]);
});

test('sentences about photographs, detectors and the camera', () => {
  expect(lookedText('a.jpg', 0)).toBe('no face was found in a.jpg');
  expect(lookedText('a.jpg', 1)).toBe('1 face found in a.jpg');
  expect(lookedText('a.jpg', 6)).toBe('6 faces found in a.jpg');
  expect(leftOutText('a.jpg', 1)).toBe('1 face of a.jpg is left out: there is no room for more');
  expect(photographText(undefined, true)).toContain('Waits for a detector');
  expect(photographText(undefined, false)).not.toContain('detector');
  expect(photographText(0, false)).toContain('No face was found');
  expect(detectorText(undefined, false)).toContain('missing');
  expect(detectorText('face-api', true)).toContain('built into this page');
  expect(detectorText('mtcnn', false)).toBe('Faces in photographs are found by MTCNN, from your files');
  expect(cameraProblem('NotAllowedError')).toContain('allow it');
  expect(cameraProblem('NotFoundError')).toBe('There is no camera.');
  expect(cameraProblem('NotReadableError')).toContain('another program');
  expect(cameraProblem('OddError')).toContain('OddError');
});
