/** What could be done otherwise with the images and features of an evaluation, and what it would mean if that were better. */

import type { ImageSize } from '../data/images/image.ts';
import type { View } from '../data/images/view.ts';
import type { Alternative } from '../evaluation/explain.ts';
import { type MergeName, mergeNames } from '../evaluation/merge.ts';
import { type ProtocolName, protocolNames } from '../evaluation/protocol-names.ts';
import { type PixelRange, pixelText } from '../evaluation/provenance.ts';

/** An alternative way to bring images into the net. */
export interface ImageAlternative extends Alternative {
  readonly view?: View;
  /** Red and blue exchanged. */
  readonly swapped?: boolean;
  readonly pixels?: Pick<PixelRange, 'mean' | 'scale'>;
}

export interface MergeAlternative extends Alternative {
  readonly merge: MergeName;
}

export interface ProtocolAlternative extends Alternative {
  readonly protocol: ProtocolName;
}

/** Of the height of an image: 8 pixels of 112, a twelfth of the face. */
const shiftShare = 1 / 14;

/** The width of the template 96 × 112 as a share of that of 112 × 112, of which it is the middle. */
const templateShare = 96 / 112;

/**
 * Other crops, alignments, orders of channels and ranges of numbers.
 * @param frame of the net
 * @param stored sizes of some of the images
 */
export function imageAlternatives(
  frame: ImageSize,
  pixels: PixelRange,
  stored: readonly ImageSize[],
): ImageAlternative[] {
  return [
    ...crops(frame, stored),
    ...alignments,
    ...(pixels.channels === 1 ? [] : [exchangedChannels]),
    ...ranges(pixels),
  ];
}

function crops(frame: ImageSize, stored: readonly ImageSize[]): ImageAlternative[] {
  const step = Math.max(1, Math.round(frame.height * shiftShare));
  const moved = (name: string, right: number, down: number): ImageAlternative => ({
    reason: 'crop',
    name: `moved ${step} px ${name}`,
    doing: `moving the images by ${step} pixels ${name}`,
    hint: 'faces lie elsewhere in these images than in those that the net was trained on; cut them out around the same points',
    view: { shift: [right * step, down * step] },
  });
  const scaled = (name: string, zoom: number, how: string): ImageAlternative => ({
    reason: 'crop',
    name: `scaled to ${name}`,
    doing: `scaling the images to ${name} about their centre`,
    hint: `faces are ${how} in these images than in those that the net was trained on; cut them out with another margin`,
    view: { zoom: [zoom, zoom] },
  });
  const isOther = stored.some(({ width, height }) => width !== frame.width || height !== frame.height);
  const isOfOtherShape = stored.some(
    ({ width, height }) => Math.abs((width * frame.height) / (height * frame.width) - 1) > 0.01,
  );
  const stretched: ImageAlternative = {
    reason: 'crop',
    name: 'stretched to the size',
    doing: 'stretching the whole images to the size of the net',
    hint: 'the centre that is cut out here is not what the net was trained on; scale the images to its size yourself',
    view: { cut: 'stretch' },
  };
  const unscaled: ImageAlternative = {
    reason: 'crop',
    name: 'middle, not scaled',
    doing: 'cutting the middle out without scaling',
    hint: 'the net was trained on a part of images like these, not on all of them made smaller; cut that part out',
    view: { cut: 'middle' },
  };
  return [
    ...(isOfOtherShape ? [stretched] : []),
    ...(isOther ? [unscaled] : []),
    moved('left', -1, 0),
    moved('right', 1, 0),
    moved('up', 0, -1),
    moved('down', 0, 1),
    scaled('90 %', 0.9, 'larger'),
    scaled('110 %', 1.1, 'smaller'),
  ];
}

const templates: readonly [name: string, zoom: readonly [number, number], what: string][] = [
  [
    '112 × 112 as the middle of 96 × 112',
    [1 / templateShare, 1 / templateShare],
    'faces are aligned to the template 112 × 112 and made smaller, where the net knows the template 96 × 112',
  ],
  [
    '96 × 112 inside 112 × 112',
    [templateShare, templateShare],
    'faces are aligned to the template 96 × 112 and made larger, where the net knows the template 112 × 112',
  ],
  [
    '112 × 112 squeezed to 96 × 112',
    [1 / templateShare, 1],
    'images of the template 112 × 112 were squeezed to the width of 96 × 112',
  ],
  [
    '96 × 112 stretched to 112 × 112',
    [templateShare, 1],
    'images of the template 96 × 112 were stretched to the width of 112 × 112',
  ],
];

const alignments = templates.map(
  ([name, zoom, what]): ImageAlternative => ({
    reason: 'alignment',
    name,
    doing: `taking the images for ${name}`,
    hint: `${what}; align the images as those that the net was trained on`,
    view: { zoom },
  }),
);

const exchangedChannels: ImageAlternative = {
  reason: 'channel order',
  name: 'BGR',
  doing: 'reading channels as BGR',
  hint: 'red and blue are exchanged, either in these images or in those that the net was trained on, as programs with OpenCV do',
  swapped: true,
};

function ranges(own: PixelRange): ImageAlternative[] {
  const candidates = [
    { mean: 127.5, scale: 1 / 128 },
    { mean: 127.5, scale: 1 / 127.5 },
    { mean: 0, scale: 1 / 255 },
    { mean: 127.5, scale: 1 },
    { mean: 0, scale: 1 },
  ];
  return candidates
    .filter(({ mean, scale }) => mean !== own.mean || scale !== own.scale)
    .map((pixels): ImageAlternative => {
      const text = pixelText({ ...own, ...pixels }).replace(/,.*/, '');
      return {
        reason: 'pixel range',
        name: text,
        doing: `giving the net ${text}`,
        hint: `the net was trained on other numbers than ${pixelText(own).replace(/,.*/, '')}; set "pixels" of the net`,
        pixels,
      };
    });
}

/** The merges of image and mirror image that are not the own one. */
export function mergeAlternatives(own: MergeName): MergeAlternative[] {
  return mergeNames
    .filter((merge) => merge !== own)
    .map((merge) => ({
      reason: 'mirror merge',
      name: merge,
      doing: merge === 'front' ? 'leaving mirror images out' : `merging image and mirror image by ${merge}`,
      hint: `the published number is probably one with --merge ${merge}`,
      merge,
    }));
}

/** The rules that are not the own one. */
export function protocolAlternatives(own: ProtocolName): ProtocolAlternative[] {
  return protocolNames
    .filter((protocol) => protocol !== own)
    .map((protocol) => ({
      reason: 'protocol',
      name: protocol,
      doing: `judging by ${protocol}`,
      hint: 'the published number may be one by that rule; `normface protocols` says what it does, and numbers of different rules cannot be compared',
      protocol,
    }));
}
