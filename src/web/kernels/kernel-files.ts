import sources from 'kernel-sources';

/** The kernel files by name. */
export const kernelFiles: ReadonlyMap<string, { readonly path: string; readonly source: string }> = new Map(
  sources.map((file) => [file.path.replace(/^.*\/|\.wesl$/g, ''), file]),
);
