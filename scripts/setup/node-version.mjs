// Kept to syntax that any Node with modules can parse, since it is what tells an old one that it is too old.

/** In words, as package.json's `engines` says it: what vite, and so `npm test`, runs on. */
export const SUPPORTED_NODE = '20.19, or 22.12 or newer';

/** @param {string} version such as `20.19.0` */
export function nodeIsSupported(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);
}
