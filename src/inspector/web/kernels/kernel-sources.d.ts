/** Made by the build: the text of every file of src/shaders by its name, without the folder lib. */
declare module 'kernel-sources' {
  const sources: Readonly<Record<string, string>>;
  export default sources;
}
