import { describe, expect, test } from 'vitest';
import { hash32 } from '../../../src/engine/core/random.ts';
import {
  identificationTable,
  identifyTemplates,
} from '../../../src/normface/evaluation/template-identification.ts';
import { poolTemplates, templateTable, verifyTemplates } from '../../../src/normface/evaluation/templates.ts';

const dimension = 6;
const people = 12;
const perPerson = 3;
/** A number around zero. */
const noise = (...keys: number[]) => hash32(99, ...keys) / 2 ** 31 - 1;

/** A synthetic set: each person has three templates, each template up to three media with one to four images. */
const rows: { template: number; medium: number; feature: number[] }[] = [];
for (let template = 0; template < people * perPerson; template++) {
  const person = Math.floor(template / perPerson);
  for (let medium = 0; medium <= hash32(7, template) % 3; medium++)
    for (let image = 0; image <= hash32(8, template, medium) % 4; image++) {
      const length = 1 + 4 * Math.abs(noise(template, medium, image));
      rows.push({
        template,
        medium: 100 * template + medium,
        feature: Array.from({ length: dimension }, (_, k) =>
          Math.fround(length * (noise(person, k, 1) + 0.9 * noise(template, medium, image, k))),
        ),
      });
    }
}
// The order of images is that of a list, in which templates are not together.
rows.sort((a, b) => hash32(3, a.template, a.medium) - hash32(3, b.template, b.medium));
const templates = Uint32Array.from({ length: people * perPerson }, (_, i) => 1000 + i);
const list = {
  templates,
  template: Uint32Array.from(rows, ({ template }) => template),
  media: Uint32Array.from(rows, ({ medium }) => medium),
};
const features = { values: Float32Array.from(rows.flatMap(({ feature }) => feature)), dimension };

/** The same in float64, written from the description: mean of a medium, sum of the media, length 1. */
function reference(normWeighting: boolean): number[][] {
  const length = (v: number[]) => Math.hypot(...v);
  const unit = (v: number[]) => v.map((x) => x / length(v));
  return Array.from(templates, (_, template) => {
    const own = rows.filter((row) => row.template === template);
    const media = [...new Set(own.map(({ medium }) => medium))];
    const means = media.map((medium) => {
      const images = own
        .filter((row) => row.medium === medium)
        .map(({ feature }) => (normWeighting ? feature : unit(feature)));
      return Array.from(
        { length: dimension },
        (_, k) => images.reduce((sum, v) => sum + v[k]!, 0) / images.length,
      );
    });
    return unit(Array.from({ length: dimension }, (_, k) => means.reduce((sum, v) => sum + v[k]!, 0)));
  });
}

const pairs = { name: 'pairs', a: new Uint32Array(), b: new Uint32Array(), same: new Uint8Array() };
{
  const all: [number, number][] = [];
  for (let a = 0; a < templates.length; a++) for (let b = a + 1; b < templates.length; b++) all.push([a, b]);
  pairs.a = Uint32Array.from(all, ([a]) => a);
  pairs.b = Uint32Array.from(all, ([, b]) => b);
  pairs.same = Uint8Array.from(all, ([a, b]) =>
    Number(Math.floor(a / perPerson) === Math.floor(b / perPerson)),
  );
}

describe('templates', () => {
  test.each([true, false])('pooling by medium and template, norm weighting %s', (normWeighting) => {
    const { values } = poolTemplates(features, list, normWeighting);
    const expected = reference(normWeighting).flat();
    expect(values).toHaveLength(expected.length);
    values.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 6);
    });
  });

  test('TAR at each FAR is the share of genuine pairs above the last impostor that may pass', () => {
    const rates = [0.2, 0.05, 0.01, 1e-6];
    const result = verifyTemplates(poolTemplates(features, list, true), pairs, rates);
    const pooled = reference(true);
    const scored = Array.from(pairs.a, (a, i) => ({
      score: pooled[a]!.reduce((sum, x, k) => sum + x * pooled[pairs.b[i]!]![k]!, 0),
      same: pairs.same[i] === 1,
    }));
    const impostors = scored
      .filter(({ same }) => !same)
      .map(({ score }) => score)
      .sort((x, y) => y - x);
    const genuine = scored.filter(({ same }) => same).map(({ score }) => score);
    expect([result.templates, result.genuine, result.impostor]).toEqual([36, 36, 594]);
    rates.slice(0, 3).forEach((far, i) => {
      const rejected = impostors[Math.floor(far * impostors.length)]!;
      expect(result.tarAtFar[i]!.tar).toBe(
        genuine.filter((score) => score > rejected).length / genuine.length,
      );
    });
    expect(result.tarAtFar[3]).toEqual({ far: 1e-6, tar: null, threshold: null });
    expect(new Set(result.tarAtFar.map(({ tar }) => tar)).size).toBeGreaterThan(2);
    expect(templateTable(result).rows[3]).toEqual(['1e-6', 'too few pairs', '']);
  });

  test('norm weighting changes scores, and a template of zeros has the score 0', () => {
    const weighted = poolTemplates(features, list, true).values;
    expect(weighted).not.toEqual(poolTemplates(features, list, false).values);
    const zeros = poolTemplates(
      { values: new Float32Array(2 * dimension), dimension },
      { templates: Uint32Array.of(1), template: Uint32Array.of(0, 0), media: Uint32Array.of(1, 2) },
      false,
    );
    expect([...zeros.values]).toEqual(Array(dimension).fill(0));
  });

  test('identification: ranks among a gallery, and those above what strangers reach', () => {
    const pooled = poolTemplates(features, list, true);
    const expected = reference(true);
    const person = (template: number) => Math.floor(template / perPerson);
    // Eight of the twelve people are in the gallery, by their first template; all others are probes.
    const inGallery = [...templates.keys()].filter((i) => i % perPerson === 0 && person(i) < 8);
    const probed = [...templates.keys()].filter((i) => i % perPerson !== 0);
    const subjects = (name: string, places: number[]) => ({
      name,
      templates: Uint32Array.from(places),
      subjects: Uint32Array.from(places, person),
    });
    const result = identifyTemplates(pooled, subjects('G1', inGallery), subjects('probes', probed));
    expect([result.subjects, result.mated, result.unmated]).toEqual([8, 16, 8]);
    const scored = probed.map((probe) => {
      const sorted = inGallery
        .map((template) => ({
          who: person(template),
          score: expected[template]!.reduce((sum, x, k) => sum + x * expected[probe]![k]!, 0),
        }))
        .sort((x, y) => y.score - x.score);
      return { who: person(probe), sorted };
    });
    const mated = scored.filter(({ who }) => who < 8);
    for (const { rank, rate } of result.ranks)
      expect(rate).toBe(
        mated.filter(({ who, sorted }) => sorted.slice(0, rank).some((x) => x.who === who)).length / 16,
      );
    expect(result.ranks[0]!.rate).toBeLessThan(1);
    expect(result.openSet.map(({ tpir }) => tpir)).toEqual([null, null, null]);
    expect(identificationTable([result]).rows[0]!.at(-1)).toBe('too few');
    // With each stranger twelve times there are 96: at 0.1 nine may pass, which are all twelve copies of none.
    const strangers = probed.filter((i) => person(i) >= 8);
    const many = subjects('probes', [
      ...probed.filter((i) => person(i) < 8),
      ...Array.from({ length: 12 }, () => strangers).flat(),
    ]);
    const top = strangers.map((i) => scored[probed.indexOf(i)]!.sorted[0]!.score).sort((x, y) => y - x)[0]!;
    const { openSet } = identifyTemplates(pooled, subjects('G1', inGallery), many);
    expect(openSet[2]!.tpir).toBe(
      mated.filter(({ who, sorted }) => sorted[0]!.who === who && sorted[0]!.score > top).length / 16,
    );
    // A gallery of whom nobody is looked for has no rates.
    const none = identifyTemplates(pooled, subjects('G1', inGallery), subjects('probes', strangers));
    expect([none.mated, ...none.ranks.map(({ rate }) => rate)]).toEqual([0, null, null, null]);
    expect(new Set(identificationTable([none]).rows[0]!.slice(1))).toEqual(new Set(['too few']));
  });
});
