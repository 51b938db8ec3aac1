import type { BoundCase, Operator } from '../core/operator.ts';

/** The case of an operator with a label. @throws Error listing the labels, if there is none */
export function caseOf({ name, cases }: Operator, label: string): BoundCase {
  const found = cases.find((sample) => sample.label === label);
  if (found) return found;
  const labels = cases.map((sample) => `  ${sample.label}`).join('\n');
  throw new Error(`${name} has no case "${label}"; its cases are\n${labels}`);
}
