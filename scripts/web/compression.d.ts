/** The part of the package that is used; its published types are those of a framework that is not. */
declare module 'compression' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  function compression(): (request: IncomingMessage, response: ServerResponse, next: () => void) => void;
  export default compression;
}
