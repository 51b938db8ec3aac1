import { afterEach, expect, test, vi } from 'vitest';
import { Context } from '../../src/cli/context.node.ts';

afterEach(() => vi.unstubAllEnvs());

/** What a stage, a line for people and a warning look like on streams that are terminals or not. */
async function printed(isTTY: boolean | undefined, json = false) {
  const all: string[] = [];
  const stream = (name: string) => ({
    isTTY,
    columns: 80,
    write: (text: string) => void all.push(`${name}:${text}`),
  });
  const context = new Context({ json }, { stdout: stream('out'), stderr: stream('err') });
  const stage = context.stage('embedding');
  context.say('a line');
  stage.update(10, 100);
  stage.next('judging');
  context.warn('a warning');
  stage.next('writing');
  context.emit({ a: 1 });
  await context.close();
  return all;
}

test('on a terminal text goes above the status line, which is gone at the end', async () => {
  expect(await printed(true)).toEqual([
    'out:\rembedding …\x1b[K',
    'out:\r\x1b[K',
    'out:a line\n',
    'out:\rjudging …\x1b[K',
    'out:\r\x1b[K',
    'err:warning: a warning\n',
    'out:\rwriting …\x1b[K',
    'out:\r\x1b[K',
  ]);
});

test('with --json the status line is where the text for people is, and stdout holds records only', async () => {
  const all = await printed(true, true);
  expect(all.filter((text) => text.startsWith('out:'))).toEqual(['out:{"a":1}\n']);
  expect(all).toContain('err:\rwriting …\x1b[K');
});

test('in a pipe, and on a terminal that cannot rewrite lines, there are no control characters', async () => {
  const plain = ['out:a line\n', 'err:warning: a warning\n'];
  // Node's pipes and files do not say false: they have no such property.
  expect(await printed(undefined)).toEqual(plain);
  expect(await printed(false)).toEqual(plain);
  vi.stubEnv('TERM', 'dumb');
  expect(await printed(true)).toEqual(plain);
});
