/** What the page says of photographs, detectors and the camera. */

/** How many faces were found. */
export function lookedText(name: string, faces: number): string {
  if (faces === 0) return `no face was found in ${name}`;
  return `${countOfFaces(faces)} found in ${name}`;
}

export const countOfFaces = (count: number): string => (count === 1 ? '1 face' : `${count} faces`);

/** Faces for which the page has no room. */
export const leftOutText = (name: string, count: number): string =>
  `${countOfFaces(count)} of ${name} ${count === 1 ? 'is' : 'are'} left out: there is no room for more`;

export const waitsText = (name: string): string => `${name} waits for a detector of faces`;

/** What a photograph's card says. @param faces undefined before they were looked for @param isWaiting whether there is no detector */
export function photographText(faces: number | undefined, isWaiting: boolean): string {
  if (faces === undefined)
    return isWaiting ? 'Waits for a detector of faces.' : 'Faces are being looked for.';
  return faces === 0
    ? 'No face was found. Is there one, upright, and not very small?'
    : `${countOfFaces(faces)} found and aligned.`;
}

/** Which detector finds faces. @param name undefined: none */
export function detectorText(name: string | undefined, isBuiltIn: boolean): string {
  if (name === undefined) return 'Faces in photographs are not found yet: a detector is missing';
  const called = name === 'mtcnn' ? 'MTCNN' : 'face-api’s tiny detector';
  return `Faces in photographs are found by ${called}${isBuiltIn ? ', built into this page' : ', from your files'}`;
}

/** Where to get a detector, in one sentence. */
export const whereDetectorsAre =
  'The folder “model” of the npm package @vladmandic/face-api, or of MTCNN, which finds smaller faces, det1, det2 and det3.caffemodel, or pnet.pt, rnet.pt and onet.pt. They stay in this page.';

/** What is missing to a detector of which some files are there. */
export const missingText = (names: readonly string[]): string => `still missing: ${names.join(', ')}`;

/** Why the camera cannot be used. @param name of the error that getUserMedia rejects with (https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-getusermedia) */
export function cameraProblem(name: string): string {
  switch (name) {
    case 'NotAllowedError':
      return 'The camera was refused: allow it for this page, in the address bar or the settings of the browser, and try again.';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'There is no camera.';
    case 'NotReadableError':
    case 'AbortError':
      return 'The camera cannot be used: another program may have it.';
    default:
      return `The camera cannot be used (${name}).`;
  }
}

/** Browsers lend cameras only to pages that nobody can have altered on the way. */
export const insecureText =
  'The browser lends the camera only to pages that are served securely: by https, or from this machine as localhost.';
