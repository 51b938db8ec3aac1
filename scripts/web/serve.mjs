import { realpathSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import compression from 'compression';
import send from 'send';

const compress = compression();

/** The page's own policy is in its head; what may frame it, and what its service worker may ask, can be said by the server alone. */
const HEADERS = Object.entries({
  'content-security-policy': "frame-ancestors 'none'; connect-src 'self'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
});

/** Where the build puts the files that it names by their content: the same name is the same file for ever. */
const HASHED = '/chunks/';

const NOT_FOUND = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Not found · normface</title>
<h1>There is no such file</h1><p><a href="/">To the front page</a></p></html>
`;

/**
 * Serves the files of a folder to this machine only, compressed where that is asked for. Links out of the folder, and within it,
 * are no files of it.
 *
 * @param {string} folder
 * @param {number} port 0 for any that is free
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}
 * @throws {Error} with one sentence when the folder is missing or the port cannot be had
 */
export async function serve(folder, port) {
  const root = rootOf(folder);
  const server = createServer((request, response) => {
    for (const [name, value] of HEADERS) response.setHeader(name, value);
    compress(request, response, () => answer(root, request, response));
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

/**
 * @param {string} root
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
function answer(root, request, response) {
  const [path = '/'] = (request.url ?? '/').split(/[?#]/);
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (!isRead || !hasFile(root, path)) {
    refuse(response);
    return;
  }
  // Unless the name says so, a new build must show at the next reload.
  const isForEver = path.startsWith(HASHED);
  response.setHeader('cache-control', isForEver ? 'public, max-age=31536000, immutable' : 'no-cache');
  send(request, path, { root, dotfiles: 'deny' })
    .on('error', () => refuse(response))
    .pipe(response);
}

/** @param {import('node:http').ServerResponse} response */
function refuse(response) {
  // What has begun as a file cannot be anything else any more: the browser is to see that it was cut short.
  if (response.headersSent) {
    response.destroy();
    return;
  }
  for (const name of ['content-length', 'etag', 'last-modified', 'accept-ranges', 'content-range'])
    response.removeHeader(name); // what was already said of the file
  response
    .writeHead(404, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
    .end(NOT_FOUND);
}

/**
 * Whether a URL's path is a regular file of the folder, without a link on the way; of a folder it is the index.html.
 *
 * @param {string} root
 * @param {string} path
 */
function hasFile(root, path) {
  try {
    const file = join(root, decodeURIComponent(path), path.endsWith('/') ? 'index.html' : '');
    return realpathSync(file) === file && statSync(file).isFile();
  } catch {
    return false; // there is none, or the path is malformed
  }
}

/** @param {string} folder */
function rootOf(folder) {
  try {
    return realpathSync(folder);
  } catch {
    throw new Error(`there is no folder ${folder}; npm run build makes it`);
  }
}

/** @param {NodeJS.ErrnoException} error @param {number} port */
function reasonOf(error, port) {
  if (error.code === 'EADDRINUSE')
    return `port ${port} is in use by another program; choose another with --port`;
  if (error.code === 'EACCES')
    return `port ${port} may not be used by this user; choose one above 1023 with --port`;
  return `port ${port} cannot be opened: ${error.message}`;
}
