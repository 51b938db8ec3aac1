/** How detectors are called in options. */

import { UsageError } from '../../common/errors.ts';

const detectorNames = ['mtcnn', 'face-api'] as const;

export interface DetectorName {
  readonly kind: (typeof detectorNames)[number];
  /** Where its files are. */
  readonly folder?: string;
}

/** Reads `mtcnn` or `mtcnn:FOLDER`. @throws UsageError */
export function parseDetectorName(text: string): DetectorName {
  const colon = text.indexOf(':');
  const name = colon < 0 ? text : text.slice(0, colon);
  const kind = detectorNames.find((known) => known === name);
  if (!kind)
    throw new UsageError(
      `there is no detector ${text}; known: ${detectorNames.join(', ')}, each with :FOLDER for its files`,
    );
  if (colon < 0) return { kind };
  const folder = text.slice(colon + 1);
  if (folder === '') throw new UsageError(`the detector ${text} lacks its folder`);
  return { kind, folder };
}
