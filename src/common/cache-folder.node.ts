import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where what can be made again is kept: $NORMFACE_CACHE, else the place that the system has for caches. */
export function cacheFolder(): string {
  const { NORMFACE_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (NORMFACE_CACHE) return NORMFACE_CACHE;
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'normface');
  if (process.platform === 'win32' && LOCALAPPDATA) return join(LOCALAPPDATA, 'normface');
  return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'normface');
}
