/**
 * What ranks tell the supervisor, on the one way that every launcher has from all hosts: standard error. A message is a line that
 * begins with the record separator, as in JSON text sequences (RFC 7464).
 */

import { z } from 'zod';

const SEPARATOR = '\u001e';

const rank = z.int().min(0);

const schema = z.discriminatedUnion('kind', [
  /** A rank runs. */
  z.object({ kind: z.literal('start'), rank, host: z.string(), pid: z.int() }),
  /** The folder of the run, known once it is there; from rank 0. */
  z.object({ kind: z.literal('run'), rank, folder: z.string() }),
  /** A rank ends with an exit status, and a sentence if it knows why. */
  z.object({
    kind: z.literal('end'),
    rank,
    host: z.string(),
    status: z.int(),
    reason: z.string().optional(),
  }),
]);

export type Message = z.infer<typeof schema>;
export type StartMessage = Extract<Message, { kind: 'start' }>;
export type EndMessage = Extract<Message, { kind: 'end' }>;

export function messageLine(message: Message): string {
  return `${SEPARATOR}${JSON.stringify(message)}\n`;
}

/** A line of standard error: the message at its end, and the text before it. What is no message is text. */
export function splitMessage(line: string): { text: string; message?: Message } {
  const start = line.indexOf(SEPARATOR);
  if (start < 0) return { text: line };
  try {
    const parsed = schema.safeParse(JSON.parse(line.slice(start + 1)));
    return parsed.success ? { text: line.slice(0, start), message: parsed.data } : { text: line };
  } catch {
    return { text: line };
  }
}
