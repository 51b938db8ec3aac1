/** Made by the build: face-api's nets, where its package was installed. */
declare module 'detector-models' {
  /** A manifest and the bytes of its shards by their names. */
  export interface BuiltInModel {
    readonly source: string;
    readonly manifest: unknown;
    readonly shards: Readonly<Record<string, Uint8Array>>;
  }

  export const load:
    | (() => Promise<{ readonly detector: BuiltInModel; readonly points: BuiltInModel }>)
    | undefined;
}
