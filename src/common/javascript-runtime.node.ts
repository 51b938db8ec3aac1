/** What runs this program: Bun and Deno, too, claim to be a version of Node, the one whose interface they follow. */

/** Name and version, such as `Node v20.20.2` or `Bun 1.4.5`. @param versions as in `process.versions` */
export function javascriptRuntime(
  versions: Readonly<Record<string, string | undefined>> = process.versions,
): string {
  if (versions.bun) return `Bun ${versions.bun}`;
  return versions.deno ? `Deno ${versions.deno}` : `Node v${versions.node}`;
}
