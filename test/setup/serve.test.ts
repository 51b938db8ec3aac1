import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serve } from '../../scripts/web/serve.mjs';

let folder: string;
let server: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'normface-serve-'));
  mkdirSync(join(folder, 'web/chunks'), { recursive: true });
  for (const name of ['index.html', 'main.js', 'style.css', 'icon.svg', 'chunks/part 1.js'])
    writeFileSync(join(folder, 'web', name), name);
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  server = await serve(join(folder, 'web'), 0);
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** A request with the path as it is; fetch would tidy it up first. */
function get(path: string, method = 'GET'): Promise<{ status?: number; type?: string; text: string }> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, method }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode, type: response.headers['content-type'], text }),
      );
    })
      .on('error', reject)
      .end();
  });
}

test('files come with their types, a folder as its index.html', async () => {
  expect(await get('/')).toEqual({ status: 200, type: 'text/html; charset=utf-8', text: 'index.html' });
  expect(await get('/main.js?x=1')).toMatchObject({
    type: 'text/javascript; charset=utf-8',
    text: 'main.js',
  });
  expect(await get('/style.css')).toMatchObject({ type: 'text/css; charset=utf-8' });
  expect(await get('/icon.svg')).toMatchObject({ type: 'image/svg+xml' });
  expect(await get('/chunks/part%201.js')).toMatchObject({ status: 200, text: 'chunks/part 1.js' });
  expect(await get('/main.js', 'HEAD')).toMatchObject({ status: 200, text: '' });
});

test('nothing else comes', async () => {
  for (const path of [
    '/none.js',
    '/chunks',
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%5csecret.txt',
    '/%00',
    '/%',
  ])
    expect(await get(path)).toMatchObject({ status: 404 });
  expect(await get('/main.js', 'POST')).toMatchObject({ status: 404 });
});

test('a busy port and a wrong one are one sentence each', async () => {
  const { port } = new URL(server.url);
  await expect(serve(folder, Number(port))).rejects.toThrow(
    `port ${port} is in use by another program; choose another with --port`,
  );
  for (const [wrong, sentence] of [
    [port, `web: port ${port} is in use by another program; choose another with --port`],
    ['99999', 'web: a port is a number from 0 to 65535, not 99999'],
  ]) {
    const result = spawnSync(process.execPath, ['scripts/web.mjs', '--port', wrong], { encoding: 'utf8' });
    expect(result.stderr.trim()).toBe(sentence);
    expect(result.status).toBe(2);
  }
});
