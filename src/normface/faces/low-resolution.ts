/**
 * RGB pixels as if the picture had been `detail` pixels wide: means over areas, enlarged again with straight lines between their
 * centres. A picture that is no wider stays as it is.
 */
export function lowResolution(pixels: Uint8Array, width: number, height: number, detail: number): Uint8Array {
  if (detail >= width) return pixels;
  const columns = kernelOf(width, detail);
  const rows = kernelOf(height, Math.max(1, Math.round((height * detail) / width)));
  const across = new Float32Array(pixels.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (const [from, weight] of columns[x]!)
        for (let c = 0; c < 3; c++)
          across[3 * (y * width + x) + c]! += weight * pixels[3 * (y * width + from) + c]!;
  const both = new Float32Array(pixels.length);
  for (let y = 0; y < height; y++)
    for (const [from, weight] of rows[y]!)
      for (let k = 0; k < 3 * width; k++) both[3 * y * width + k]! += weight * across[3 * from * width + k]!;
  return Uint8Array.from(both, Math.round);
}

/** Which pixels of a line of `length` each of its pixels is made of, and their shares, once the line has been `few` pixels long. */
function kernelOf(length: number, few: number): [from: number, weight: number][][] {
  const scale = length / few;
  /** Shares of the line in pixel `k` of the short one. */
  const areas = Array.from({ length: few }, (_, k) => {
    const [begin, end] = [k * scale, (k + 1) * scale];
    const first = Math.floor(begin);
    return Array.from({ length: Math.min(length, Math.ceil(end)) - first }, (_, i): [number, number] => {
      const from = first + i;
      return [from, (Math.min(end, from + 1) - Math.max(begin, from)) / scale];
    });
  });
  return Array.from({ length }, (_, x) => {
    const place = Math.min(few - 1, Math.max(0, (x + 0.5) / scale - 0.5));
    const left = Math.floor(place);
    const share = place - left;
    const weighted = (k: number, weight: number) =>
      areas[k]!.map(([from, area]): [number, number] => [from, weight * area]);
    return [...weighted(left, 1 - share), ...(share > 0 ? weighted(left + 1, share) : [])];
  });
}
