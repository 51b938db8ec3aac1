/** What stands behind a mean that not all seeds are in yet. */
export function seedsRemark(done: number, all: number): string {
  return done === all ? '' : ` (${done} of ${all} seeds)`;
}
