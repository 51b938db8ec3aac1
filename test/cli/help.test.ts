import { expect, test } from 'vitest';
import { parsed } from './parsed.ts';
import { normface } from './run.ts';

/** Every help text with the words that print it. */
async function helpTexts(words: string[] = []): Promise<{ words: string[]; text: string }[]> {
  const { exitCode, stdout: text } = await normface(...words, '--help');
  expect(exitCode).toBe(0);
  const listed = /\nCommands:\n([\s\S]*?)(\n\n|$)/.exec(text)?.[1] ?? '';
  const names = [...listed.matchAll(/^ {2}([a-z][a-z-]*)/gm)]
    .map((match) => match[1])
    .filter((name) => name !== 'help');
  const below = await Promise.all(names.map((name) => helpTexts([...words, name!])));
  return [{ words, text }, ...below.flat()];
}

test('every example in a help text is a command line that the parser takes', async () => {
  const texts = await helpTexts();
  const examples = texts.flatMap(({ text }) => [...text.matchAll(/^ {2}\$ normface ([^<>|\n]*)$/gm)]);
  expect(examples.length).toBeGreaterThan(40);
  for (const [, line] of examples) {
    await expect(parsed(line!), line).resolves.toBeDefined();
  }
});

test('examples name the runs that the demo makes', async () => {
  const texts = (await helpTexts()).map(({ text }) => text).join('\n');
  expect([...new Set([...texts.matchAll(/runs\/demo[\w/-]*/g)].map(([name]) => name))].sort()).toEqual([
    'runs/demo',
    'runs/demo/normface-001',
  ]);
});

test('help does not repeat the options of every command, nor say that a list is []', async () => {
  const texts = await helpTexts();
  for (const { words, text } of texts) {
    expect(text).not.toContain('default: []');
    if (words.length === 0) expect(text).toContain('--allow-software');
    else {
      expect(text).not.toContain('--allow-software');
      expect(text).toContain('`normface --help` lists the options that every command takes');
    }
  }
});
