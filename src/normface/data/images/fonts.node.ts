import sharp from 'sharp';

/**
 * Whether this machine has a font for the text of pictures. Without one every letter is drawn as the same box (Debian has one in
 * the package fonts-dejavu-core).
 */
export async function hasFonts(): Promise<boolean> {
  const [narrow, wide] = await Promise.all(['i', 'W'].map(drawLetter));
  return !narrow!.equals(wide!);
}

function drawLetter(letter: string): Promise<Buffer> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32"><text x="2" y="24" font-size="20" font-family="sans-serif">${letter}</text></svg>`;
  return sharp(Buffer.from(svg)).raw().toBuffer();
}
