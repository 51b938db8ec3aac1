import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

/** @type {Readonly<Record<string, string>>} */
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

/**
 * Serves the files of a folder to this machine only.
 *
 * @param {string} folder
 * @param {number} port 0 for any that is free
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}
 * @throws {Error} with one sentence when the port cannot be had
 */
export async function serve(folder, port) {
  const server = createServer((request, response) => {
    const file =
      request.method === 'GET' || request.method === 'HEAD' ? locate(folder, request.url ?? '/') : null;
    if (!file) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('There is no such file.\n');
      return;
    }
    response.writeHead(200, {
      'content-type': TYPES[extname(file.path)] ?? 'application/octet-stream',
      'content-length': file.size,
      // A new build must show at the next reload.
      'cache-control': 'no-cache',
    });
    if (request.method === 'HEAD') response.end();
    else createReadStream(file.path).pipe(response);
  });
  await new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new Error(reasonOf(error, port))));
    server.listen(port, '127.0.0.1', () => resolve(undefined));
  });
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://localhost:${address.port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** @param {NodeJS.ErrnoException} error @param {number} port */
function reasonOf(error, port) {
  if (error.code === 'EADDRINUSE')
    return `port ${port} is in use by another program; choose another with --port`;
  if (error.code === 'EACCES')
    return `port ${port} may not be used by this user; choose one above 1023 with --port`;
  return `port ${port} cannot be opened: ${error.message}`;
}

/**
 * The file of a URL's path, of a folder its index.html; null where there is none, or outside the folder.
 *
 * @param {string} folder
 * @param {string} url
 */
function locate(folder, url) {
  try {
    const path = normalize(decodeURIComponent(url.split(/[?#]/)[0]));
    if (path.split(/[\\/]/).includes('..') || path.includes('\0')) return null;
    let file = join(folder, path);
    if (statSync(file).isDirectory()) file = join(file, 'index.html');
    return { path: file, size: statSync(file).size };
  } catch {
    return null; // there is none, or the URL is malformed
  }
}
