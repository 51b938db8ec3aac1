/** Something that happens to one rank of a job only. */

import type { MpiName } from './launch.ts';
import { findLauncher } from './launch.ts';
import type { Trainings } from './training.ts';

/**
 * A launcher that starts every rank by way of a shell script, in which one does more: it may set variables and limits, and change its
 * own words.
 *
 * @param action what rank 1 does, in shell; `"$@"` are the words that it is started with, its interpreter and program first
 * @returns words for `normface train`
 */
export function withOneRank(
  trainings: Trainings,
  family: MpiName,
  name: string,
  action: string,
): readonly string[] {
  const rank = trainings.write(
    `${family}-${name}-rank.sh`,
    `#!/bin/sh
if [ "\${OMPI_COMM_WORLD_RANK:-$PMI_RANK}" = 1 ]; then
${action}
fi
exec "$@"
`,
    0o755,
  );
  const launcher = trainings.write(
    `${family}-${name}-mpirun.sh`,
    `#!/bin/sh
for word do
  shift
  if [ "$word" = '${process.execPath}' ]; then set -- "$@" '${rank}'; fi
  set -- "$@" "$word"
done
exec '${findLauncher(family)}' "$@"
`,
    0o755,
  );
  return ['--ranks', '2', '--launcher', launcher];
}
