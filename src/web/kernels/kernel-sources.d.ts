/** Made by the build: every file of src/shaders but those of the folder lib, sorted by name; `path` is below src/shaders. */
declare module 'kernel-sources' {
  const sources: readonly { readonly path: string; readonly source: string }[];
  export default sources;
}
