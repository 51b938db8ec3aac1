/** A profile that `normface profile --out` has written. */

import { z } from 'zod';
import { UserError } from '../common/errors.ts';
import { readJson } from '../common/json-file.node.ts';
import type { StepProfile } from '../inspector/profile/profile.ts';

/** What a comparison of layers looks at. */
const stored = z.looseObject({
  title: z.string(),
  adapter: z.string(),
  timer: z.enum(['timestamp queries', 'wall clock', 'estimate']),
  runs: z.number(),
  roofline: z.looseObject({ gflops: z.number().positive(), gigabytesPerSecond: z.number().positive() }),
  dispatches: z.array(
    z.looseObject({
      operator: z.string(),
      phase: z.enum(['forward', 'backward']),
      part: z.string().nullish(),
      flops: z.number(),
      bytes: z.number(),
      microseconds: z.number(),
    }),
  ),
});

/** @throws UserError unless the file is a profile */
export function readProfile(file: string): StepProfile {
  const { data, success } = stored.safeParse(readJson(file));
  if (!success)
    throw new UserError(`${file} is no profile; \`normface profile --out\` writes one as profile.json`);
  return data as unknown as StepProfile;
}
