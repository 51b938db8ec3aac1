import { spawnSync } from 'node:child_process';
import fs, { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { serve } from '../../scripts/web/serve.mjs';

let folder: string;
let server: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'normface-serve-'));
  mkdirSync(join(folder, 'web/chunks'), { recursive: true });
  for (const name of ['index.html', 'main.js', 'style.css', 'icon.svg', 'chunks/part 1.js'])
    writeFileSync(join(folder, 'web', name), name);
  writeFileSync(join(folder, 'web/chunks/page-AB12CD34.js'), '// a line\n'.repeat(1000));
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  server = await serve(join(folder, 'web'), 0);
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

interface Answer {
  readonly status?: number;
  readonly headers: IncomingHttpHeaders;
  readonly type?: string;
  readonly body: Buffer;
  readonly text: string;
}

/** A request with the path as it is; fetch would tidy it up first. */
function get(path: string, method = 'GET', headers: Record<string, string> = {}): Promise<Answer> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, method, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const body = Buffer.concat(parts);
        resolve({
          status: response.statusCode,
          headers: response.headers,
          type: response.headers['content-type'],
          body,
          text: body.toString(),
        });
      });
    })
      .on('error', reject)
      .end();
  });
}

test('files come with their types, a folder as its index.html', async () => {
  expect(await get('/')).toMatchObject({ status: 200, type: 'text/html; charset=utf-8', text: 'index.html' });
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
    const result = spawnSync(process.execPath, ['scripts/web.mjs', '--port', wrong!], { encoding: 'utf8' });
    expect(result.stderr.trim()).toBe(sentence);
    expect(result.status).toBe(2);
  }
});

test('it says how long a file may be kept, and sends nothing that the browser has', async () => {
  const page = await get('/');
  expect(page.headers['cache-control']).toBe('no-cache');
  const { etag } = page.headers;
  expect(etag).toMatch(/^W\/"/);
  expect(await get('/', 'GET', { 'if-none-match': etag! })).toMatchObject({ status: 304, text: '' });
  writeFileSync(join(folder, 'web/index.html'), 'another build');
  expect(await get('/', 'GET', { 'if-none-match': etag! })).toMatchObject({
    status: 200,
    text: 'another build',
  });

  const chunk = await get('/chunks/page-AB12CD34.js');
  expect(chunk.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  expect((await get('/none.js')).headers['cache-control']).toBe('no-store');
});

test('what can be compressed is', async () => {
  const plain = await get('/chunks/page-AB12CD34.js');
  expect(plain.headers['content-encoding']).toBeUndefined();
  const packed = await get('/chunks/page-AB12CD34.js', 'GET', { 'accept-encoding': 'gzip' });
  expect(packed.headers['content-encoding']).toBe('gzip');
  expect(packed.headers.vary).toMatch(/accept-encoding/i);
  expect(packed.body.length).toBeLessThan(1000);
  expect(gunzipSync(packed.body).toString()).toBe(plain.text);
  const smaller = await get('/chunks/page-AB12CD34.js', 'GET', { 'accept-encoding': 'gzip, br' });
  expect(smaller.headers['content-encoding']).toBe('br');
});

test('no other site may frame it, and no file is taken for another kind', async () => {
  for (const path of ['/', '/main.js', '/none.js']) {
    const { headers } = await get(path);
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['x-content-type-options']).toBe('nosniff');
  }
});

test('what does not exist has a way on', async () => {
  const { status, type, text } = await get('/elsewhere');
  expect({ status, type }).toEqual({ status: 404, type: 'text/html; charset=utf-8' });
  expect(text).toContain('<a href="/">');
});

test('links are not followed', async () => {
  symlinkSync(join(folder, 'secret.txt'), join(folder, 'web/link.txt'));
  symlinkSync(folder, join(folder, 'web/up'));
  symlinkSync(join(folder, 'secret.txt'), join(folder, 'web/chunks/index.html'));
  for (const path of ['/link.txt', '/up/secret.txt', '/chunks/', '/up/web/main.js'])
    expect(await get(path), path).toMatchObject({ status: 404 });
});

test('a folder that is a link itself is served: the build may lie elsewhere', async () => {
  symlinkSync(join(folder, 'web'), join(folder, 'link'));
  const linked = await serve(join(folder, 'link'), 0);
  expect(await (await fetch(`${linked.url}main.js`)).text()).toBe('main.js');
  await linked.close();
});

test.runIf(process.platform === 'linux')('downloads that are given up leave no file open', async () => {
  const large = join(folder, 'web/large.bin');
  writeFileSync(large, '');
  truncateSync(large, 50e6); // more than the buffers of a connection hold
  const isOpen = (): number =>
    fs.readdirSync('/proc/self/fd').filter((entry) => {
      try {
        return fs.readlinkSync(`/proc/self/fd/${entry}`).endsWith('large.bin');
      } catch {
        return false; // closed meanwhile
      }
    }).length;
  const { port } = new URL(server.url);
  const giveUp = (headers: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect(Number(port), '127.0.0.1', () =>
        socket.write(`GET /large.bin HTTP/1.1\r\nhost: localhost\r\n${headers}\r\n`),
      );
      socket.once('data', () => socket.destroy()).once('close', resolve);
      socket.once('error', reject);
    });
  for (let i = 0; i < 20; i++) await giveUp(i % 2 ? 'accept-encoding: gzip\r\n' : '');
  await expect.poll(isOpen, { timeout: 20_000 }).toBe(0);
});

test('a read that fails ends its own answer and nothing else', async () => {
  mkdirSync(join(folder, 'web/odd/index.html'), { recursive: true });
  expect(await get('/odd/')).toMatchObject({ status: 404 });
  expect(await get('/odd/index.html')).toMatchObject({ status: 404 });

  // Removed after it was found.
  const { createReadStream } = fs;
  const spy = vi
    .spyOn(fs, 'createReadStream')
    .mockImplementationOnce((path, options) => createReadStream(`${String(path)}.gone`, options));
  expect(await get('/main.js')).toMatchObject({ status: 404 });
  expect(spy).toHaveBeenCalledOnce();
  spy.mockRestore();
  expect(await get('/main.js')).toMatchObject({ status: 200, text: 'main.js' });
});
