/** Identities of CASIA-WebFace who are also in LFW, to be left out of a training that LFW judges (docs/reference.md#casia-webface-without-lfw). */

/** Removed for the paper, which leaves 10,572 classes. */
const paper = [
  '0166921', // Hillary Clinton
  '1056413', // Prince William
  '1193098', // Randy Jackson
];

/** In both of the lists published later. */
const agreed = [
  ...paper,
  '0000513', // William H. Macy
  '0004763', // Mary J. Blige
  '0005009', // Laura Harring
  '0005082', // David E. Kelley
  '0005172', // Norm MacDonald
  '0208962', // Wanda De Jesus
  '0662519', // Nicole Ari Parker
  '0955471', // Ziyi Zhang
  '1091782', // Ye Liu
  '1303492', // Jesse James
  '3478560', // Richard A. Cohen
];

/** Only in the list with names, of 17. */
const named = [
  '0004539', // Vanessa Williams
  '0430107', // Michael B. Jordan
  '2425974', // John Clint Mabry
];

/** Only in the list of 16 numbers, corrected in 2018. */
const corrected = [
  '0454042', // Kimora Lee Simmons
  '0706787', // Aishwarya Rai Bachchan
];

/** What `data.removeIdentities` may name: the paper's list, the two later ones, and their union, the safe choice. */
export const casiaOverlap = {
  'normface-3': paper,
  'overlap-17': [...agreed, ...named],
  'overlap-16': [...agreed, ...corrected],
  'overlap-19': [...agreed, ...named, ...corrected],
} as const satisfies Record<string, readonly string[]>;
