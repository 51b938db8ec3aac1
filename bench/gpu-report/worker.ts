/** The process that works: the items of one section, in order, one line before and after each. */

import type { Message, OpenOptions, Section } from './section.ts';

/** Status of a process whose device was lost: the items after that need a new one. */
export const lostStatus = 3;

const print = (message: Message): void => void process.stdout.write(`${JSON.stringify(message)}\n`);

/**
 * @param from number of the first item
 * @param say where messages go
 * @returns status of the process
 */
export async function work(
  section: Section,
  from: number,
  options: OpenOptions,
  say: (message: Message) => void = print,
): Promise<number> {
  const { items, lost, close } = await section.open(options);
  say({ items: items.map(({ name }) => name) });
  let reason: string | null = null;
  void lost.then((why) => {
    reason = why;
  });
  const isLost = lost.then((why): never => {
    throw new Error(`the device was lost: ${why}`);
  });
  isLost.catch(() => {});
  for (const [index, item] of items.entries()) {
    if (index < from) continue;
    say({ begun: index });
    try {
      say({ done: index, finding: await Promise.race([item.run(), isLost]) });
    } catch (error) {
      say({ done: index, failure: error instanceof Error ? error.message : String(error) });
    }
    if (reason !== null) return lostStatus;
  }
  await close();
  return 0;
}
