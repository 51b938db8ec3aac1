/** What a weights file says of its net. */

import { UserError } from '../../common/errors.ts';
import { parseJson } from '../../common/json.ts';
import { checkNet } from './check-net.ts';
import { findNet } from './index.ts';
import type { Net } from './net.ts';

/** The metadata of a net: its name, and of a net that has no name here all of it. */
export function netMetadata(net: string | Net): Record<string, string> {
  return typeof net === 'string' ? { net } : { net: net.name, netDefinition: JSON.stringify(net) };
}

/**
 * The net that metadata tell of.
 * @param source what the sentence calls the file
 * @throws UserError when they are damaged, or name a net that there is not
 */
export function netOfMetadata(
  { net, netDefinition }: Readonly<Record<string, string | undefined>>,
  source: string,
): Net | undefined {
  if (netDefinition === undefined) return net === undefined ? undefined : findNet(net);
  let definition: unknown;
  try {
    definition = parseJson(netDefinition);
  } catch (error) {
    throw new UserError(`${source} is damaged: its net is not JSON: ${(error as Error).message}`);
  }
  return checkNet(definition, `the net in ${source}`);
}
