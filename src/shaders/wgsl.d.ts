/** A kernel file, imported as its text: esbuild's text loader and the plugin in vitest.config.ts do the loading. */
declare module '*.wgsl' {
  const source: string;
  export default source;
}
