import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../../scripts/setup/process.mjs';

const node = (script: string, timeoutSeconds = 60) =>
  run(process.execPath, ['--eval', script], { timeoutSeconds, env: { GREETING: 'hello' } });

test('output and outcome of a program', async () => {
  const fine = await node('console.log(process.env.GREETING); console.error("aside")');
  expect(fine).toEqual({ ok: true, timedOut: false, stdout: 'hello\n', stderr: 'aside\n' });
  expect(await node('process.exit(3)')).toMatchObject({ ok: false, timedOut: false });
});

test('a program that does not exist is a failure with a reason', async () => {
  const result = await run('no-such-program-here', [], { timeoutSeconds: 60 });
  expect(result).toMatchObject({ ok: false, timedOut: false, stderr: expect.stringContaining('ENOENT') });
});

test('a program that does not end is killed', async () => {
  expect(await node('setInterval(() => {}, 1000)', 0.5)).toMatchObject({ ok: false, timedOut: true });
});

test.skipIf(process.platform === 'win32')(
  'an interrupt waits for the program to end, then stops',
  async () => {
    const inner = `process.on('SIGINT', () => {}); console.error('started'); setTimeout(() => console.error('cleaned up'), 500)`;
    const outer = `
    import { run } from ${JSON.stringify(resolve('scripts/setup/process.mjs'))};
    const announce = setInterval(() => console.log('running'), 50);
    try {
      await run(process.execPath, ['--eval', ${JSON.stringify(inner)}], { timeoutSeconds: 60 });
      console.log('went on');
    } catch (error) {
      console.log(error.message, error.exitCode);
    }
    clearInterval(announce);`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', outer]);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      if (output === '') child.kill('SIGINT');
      output += text;
    });
    const [status] = await once(child, 'close');
    expect(status).toBe(0);
    expect(output.replaceAll('running\n', '')).toBe('interrupted 130\n');
  },
);
