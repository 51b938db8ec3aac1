import { gunzipSync } from 'node:zlib';

/** Enough for MNIST, whose largest file is 47 MB; what becomes larger is damaged or hostile. */
const mostBytes = 2 ** 29;

/** Unpacks a whole small file to at most `most` bytes. @throws Error with the reason in a few words */
export function gunzip(bytes: Uint8Array, most = mostBytes): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: most });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(
      code === 'ERR_BUFFER_TOO_LARGE' ? `it unpacks to more than ${most / 2 ** 20} MiB` : message,
    );
  }
}
