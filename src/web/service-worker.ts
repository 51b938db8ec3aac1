/**
 * Keeps the files of the application in the browser, so that it opens without a network after the first visit. It asks its own
 * server for its own files and for nothing else.
 */

/** Written by the build: paths of all files, and the hash that each must have, as `integrity` of the Fetch standard. */
declare const FILES: readonly (readonly [path: string, integrity: string])[];
/** Written by the build: changes when a file does. */
declare const VERSION: string;

interface WorkEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}

interface FetchEvent extends WorkEvent {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}

/** What is used of ServiceWorkerGlobalScope, whose declarations cannot stand beside those of a page. */
interface Scope {
  readonly clients: { claim(): Promise<void> };
  readonly location: Location;
  addEventListener(type: 'install' | 'activate', listener: (event: WorkEvent) => void): void;
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;
}

const scope = globalThis as unknown as Scope;
const base = new URL('.', scope.location.href).href;
/** Caches belong to the whole origin, where other copies of the application may live. */
const prefix = `normface ${base} `;
const cacheName = prefix + VERSION;

scope.addEventListener('install', (event) => event.waitUntil(store()));
scope.addEventListener('activate', (event) => event.waitUntil(takeOver()));
scope.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method === 'GET' && request.url.startsWith(base)) event.respondWith(answer(request));
});

/** All or nothing: a file that is not the one of this build, since a newer one is just put up, makes the next visit try again. */
async function store(): Promise<void> {
  const cache = await caches.open(cacheName);
  await cache.addAll(
    FILES.map(([path, integrity]) => new Request(base + path, { integrity, cache: 'no-cache' })),
  );
}

/** A newer version only gets here when no window shows the older one any more. */
async function takeOver(): Promise<void> {
  for (const name of await caches.keys())
    if (name.startsWith(prefix) && name !== cacheName) await caches.delete(name);
  await scope.clients.claim();
}

/**
 * Chunks, which are named by their content, come from the cache; all else from the network, so that a new build shows, and from the
 * cache where there is none.
 */
async function answer(request: Request): Promise<Response> {
  const kept = async (): Promise<Response | undefined> => {
    const cache = await caches.open(cacheName);
    const wanted = request.mode === 'navigate' ? base : request;
    return cache.match(wanted, { ignoreSearch: true, ignoreVary: true });
  };
  if (request.url.startsWith(`${base}chunks/`)) return (await kept()) ?? fetch(request);
  try {
    return await fetch(request);
  } catch (error) {
    const answer = await kept();
    if (answer) return answer;
    throw error;
  }
}

export {}; // a module to the compiler, so that its names are its own
