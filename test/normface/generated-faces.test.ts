import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/common/errors.ts';
import { hash32 } from '../../src/engine/core/random.ts';
import { DIFFICULTY, type Difficulty } from '../../src/normface/faces/difficulty.ts';
import { sampleIdentity } from '../../src/normface/faces/identity.ts';
import { lowResolution } from '../../src/normface/faces/low-resolution.ts';
import { cosine, sine } from '../../src/normface/faces/numeric.ts';
import { type PictureQuality, renderFace } from '../../src/normface/faces/render.ts';

const SMALL = { width: 48, height: 56 };
const CALM = Object.fromEntries(Object.keys(DIFFICULTY).map((name) => [name, 0])) as unknown as Difficulty;

function hashOf(pixels: Uint8Array): string {
  let h = 0;
  for (const byte of pixels) h = hash32(h, byte);
  return h.toString(16).padStart(8, '0');
}

/** Root mean square difference of two pictures in grey levels. */
function difference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(sum / a.length);
}

describe('renderFace', () => {
  it('renders the same bits as ever', () => {
    const hashes = [
      renderFace(1, 0, 0, SMALL),
      renderFace(1, 7, 3, SMALL),
      renderFace(2 ** 40 + 5, 123456, 19, SMALL),
      renderFace(1, 7, 3, { width: 96, height: 112 }),
    ].map((image) => hashOf(image.pixels));
    expect(hashes).toEqual(['65d239ec', '915231b3', 'c5ba22ac', '6eec764c']);
  });

  it('can be blurred and coarsened, and is then the same picture', () => {
    const drawn = renderFace(1, 7, 3, SMALL).pixels;
    const of = (quality: PictureQuality) => renderFace(1, 7, 3, SMALL, DIFFICULTY, quality).pixels;
    // Sharp pictures have larger differences between neighbours.
    const roughness = (pixels: Uint8Array) => difference(pixels.subarray(3), pixels.subarray(0, -3));
    const blurred = [0, 20, 60, 100].map((blur) => roughness(of({ blur })));
    expect(blurred).toEqual([...blurred].sort((a, b) => b - a));
    const coarse = [48, 32, 16, 8].map((detail) => roughness(of({ detail })));
    expect(coarse).toEqual([...coarse].sort((a, b) => b - a));
    expect(of({ detail: 48 })).toEqual(drawn);
    expect(difference(of({ detail: 16 }), drawn)).toBeLessThan(40);
  });

  it('a width of two pixels of a line becomes means and a ramp between them', () => {
    const line = [0, 40, 100, 200].flatMap((grey) => [grey, grey, grey]);
    const grey = lowResolution(Uint8Array.from([...line, ...line]), 4, 2, 2).filter((_, i) => i % 3 === 0);
    // Means of 20 and 150, centres at 1 and 3.
    expect([...grey.subarray(0, 4)]).toEqual([20, 53, 118, 150]);
    expect([...grey.subarray(4)]).toEqual([20, 53, 118, 150]);
  });

  it('depends on its arguments only, not on the calls before', () => {
    const first = renderFace(5, 11, 2, SMALL).pixels;
    renderFace(5, 12, 0, { width: 20, height: 20 });
    expect(renderFace(5, 11, 2, SMALL).pixels).toEqual(first);
  });

  it('differs between seeds, identities and samples', () => {
    const base = renderFace(1, 1, 1, SMALL).pixels;
    for (const other of [
      renderFace(2, 1, 1, SMALL),
      renderFace(1, 2, 1, SMALL),
      renderFace(1, 1, 2, SMALL),
    ]) {
      expect(difference(base, other.pixels)).toBeGreaterThan(10);
    }
    // A seed beyond 32 bits is not cut to its low word.
    expect(difference(base, renderFace(1 + 2 ** 32, 1, 1, SMALL).pixels)).toBeGreaterThan(10);
  });

  it.each([
    [8, 8],
    [9, 13],
    [47, 55],
    [96, 112],
    [64, 64],
    [150, 31],
  ])('fills any size: %i x %i', (width, height) => {
    const image = renderFace(3, 4, 5, { width, height });
    expect([image.width, image.height, image.pixels.length]).toEqual([width, height, width * height * 3]);
    expect(new Set(image.pixels).size).toBeGreaterThan(10);
  });

  it('shows the same picture at every size', () => {
    const large = renderFace(3, 4, 5, { width: 96, height: 112 }, CALM).pixels;
    const small = renderFace(3, 4, 5, SMALL, CALM).pixels;
    const halved = small.map((_, i) => {
      const [c, column, row] = [i % 3, Math.floor(i / 3) % 48, Math.floor(i / 144)];
      const at = (dx: number, dy: number) => large[((2 * row + dy) * 96 + 2 * column + dx) * 3 + c]!;
      return (at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1)) / 4;
    });
    expect(difference(small, halved)).toBeLessThan(8);
  });

  it('is exposed like a photograph: neither black nor white, with contrast', () => {
    const means: number[] = [];
    for (let identity = 0; identity < 40; identity++) {
      const { pixels } = renderFace(6, identity, identity, { width: 24, height: 28 });
      const mean = pixels.reduce((sum, p) => sum + p, 0) / pixels.length;
      const deviation = Math.sqrt(pixels.reduce((sum, p) => sum + (p - mean) ** 2, 0) / pixels.length);
      expect(deviation).toBeGreaterThan(8);
      means.push(mean);
    }
    expect(Math.min(...means)).toBeGreaterThan(15);
    expect(Math.max(...means)).toBeLessThan(240);
  });

  it.each([
    ['seed', () => renderFace(-1, 0, 0, SMALL)],
    ['seed', () => renderFace(Number.NaN, 0, 0, SMALL)],
    ['identity', () => renderFace(1, 1.5, 0, SMALL)],
    ['identity', () => renderFace(1, 2 ** 32, 0, SMALL)],
    ['sample', () => renderFace(1, 0, -3, SMALL)],
    ['width', () => renderFace(1, 0, 0, { width: 7, height: 56 })],
    ['height', () => renderFace(1, 0, 0, { width: 48, height: 5000 })],
  ])('rejects a bad %s in one sentence', (name, call) => {
    expect(call).toThrow(UserError);
    expect(call).toThrow(new RegExp(`^renderFace: ${name} must be an integer from \\d+ to \\d+, got .*\\.$`));
  });
});

describe('identities', () => {
  it('are all different people', () => {
    const seen = new Set<string>();
    for (let identity = 0; identity < 5000; identity++) {
      const { head, eyes, nose } = sampleIdentity(1, identity);
      seen.add([head.cheekHalfWidth, eyes.x, nose.tipY].map((v) => v.toFixed(5)).join());
    }
    expect(seen.size).toBe(5000);
  });
});

/** Best accuracy of one threshold on the cosine of mean-subtracted pixels, over as many different as same pairs. */
function rawPixelAccuracy(people: number, samples: number, difficulty: Difficulty): number {
  const features: Float64Array[] = [];
  for (let k = 0; k < people * samples; k++) {
    const { pixels } = renderFace(
      3,
      Math.floor(k / samples),
      k % samples,
      { width: 24, height: 28 },
      difficulty,
    );
    const mean = pixels.reduce((sum, p) => sum + p, 0) / pixels.length;
    const centred = Float64Array.from(pixels, (p) => p - mean);
    const norm = Math.sqrt(centred.reduce((sum, v) => sum + v * v, 0));
    features.push(centred.map((v) => v / norm));
  }
  const similarity = (a: number, b: number) =>
    features[a]!.reduce((sum, v, i) => sum + v * features[b]![i]!, 0);
  const scores: { same: boolean; score: number }[] = [];
  for (let a = 0; a < features.length; a++) {
    const person = Math.floor(a / samples);
    for (let b = a + 1; b < (person + 1) * samples; b++) {
      scores.push({ same: true, score: similarity(a, b) });
      const stranger = (person + 1 + (hash32(a, b) % (people - 1))) % people;
      scores.push({ same: false, score: similarity(a, stranger * samples + (hash32(b, a) % samples)) });
    }
  }
  scores.sort((p, q) => q.score - p.score);
  let right = scores.length / 2;
  let best = right;
  for (const { same } of scores) {
    right += same ? 1 : -1;
    best = Math.max(best, right);
  }
  return best / scores.length;
}

describe('difficulty', () => {
  it('leaves raw pixels little better than chance', () => {
    const accuracy = rawPixelAccuracy(40, 6, DIFFICULTY);
    expect(accuracy).toBeGreaterThan(0.53);
    expect(accuracy).toBeLessThan(0.68);
  });

  it('comes from the nuisances: without them raw pixels tell people apart', () => {
    expect(rawPixelAccuracy(30, 4, CALM)).toBeGreaterThan(0.75);
  });
});

describe('numeric', () => {
  it('has a sine and a cosine of their own, to 1e-5', () => {
    for (let x = -4.7; x <= 4.7; x += 0.01) expect(Math.abs(sine(x) - Math.sin(x))).toBeLessThan(1e-5);
    for (let x = -3.1; x <= 3.1; x += 0.01) expect(Math.abs(cosine(x) - Math.cos(x))).toBeLessThan(1e-5);
  });
});
