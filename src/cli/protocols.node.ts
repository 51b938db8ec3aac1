/** `normface protocols`: what each name in a table of accuracies means. */

import { Help } from 'commander';
import { firstProtocol, protocolDescriptions } from '../normface/evaluation/protocol-texts.ts';
import type { Context } from './context.node.ts';

/** Lines longer than this are hard to read. */
const mostColumns = 100;

export async function protocols(context: Context) {
  const width = Math.min(mostColumns, context.progressSink.columns) - 4;
  const entries = Object.entries(protocolDescriptions);
  for (const [name, description] of entries) {
    context.say(name === firstProtocol ? `${name}  (the row to read first)` : name);
    context.say(new Help().boxWrap(description, width).replaceAll(/^/gm, '    '));
  }
  context.say('\nAccuracies of different rules cannot be compared: a number needs the name of its rule.');
  return entries.map(([name, description]) => ({ name, description, first: name === firstProtocol }));
}
