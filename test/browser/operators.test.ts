/** The operator table in a browser: what comes out is what the definitions say, and what Node's driver computes. */

import { describe, expect, test } from 'vitest';
import { operators } from '../../src/engine/ops/index.ts';
import { sampleInput } from '../../src/engine/testing/sample.ts';
import { relativeError, resultsOf } from '../engine/case-results.ts';
import { testDevice } from '../engine/open.ts';
import { openPage, startBrowser } from './browser.ts';
import type { Numbers, OperatorsPage } from './operators-page.ts';
import { serveScript } from './site.ts';

type PageGlobals = typeof globalThis & { operatorsPage: OperatorsPage };

const device = await testDevice({ tune: 'off' });
const { page, problems } = await openPage(
  await startBrowser(),
  await serveScript('test/browser/operators-page.ts'),
);
await page.waitForFunction(() => 'operatorsPage' in globalThis);
const mostBuffers = await page.evaluate(() => (globalThis as PageGlobals).operatorsPage.mostBuffers);

function decode(numbers: Numbers): Float32Array {
  return new Float32Array(new Uint8Array(Buffer.from(numbers, 'base64')).buffer);
}

/** Cases that the adapter cannot run. */
const skipped: string[] = [];
let ran = 0;

describe.each(operators.map(({ name }, index) => ({ name, index })))('$name', ({ name, index }) => {
  test.for(operators[index]!.cases.map(({ label }, at) => ({ label, at })))(
    '$label',
    async ({ label, at }, { skip }) => {
      const answer = await page.evaluate(
        ([operator, sample]) => (globalThis as PageGlobals).operatorsPage.run(operator!, sample!),
        [index, at],
      );
      if ('unable' in answer) {
        const [, bound, allowed] = /binds (\d+) buffers, and this adapter allows (\d+)/.exec(answer.unable)!;
        expect(Number(allowed)).toBe(mostBuffers);
        expect(Number(bound)).toBeGreaterThan(mostBuffers);
        skipped.push(`${name} ${label}: ${answer.unable}`);
        skip(answer.unable);
        return;
      }
      ran++;
      const sample = operators[index]!.cases[at]!;
      const { forward, backward } = sample.tolerance;
      const expected = sample.reference(sample.inputs.map((spec, i) => sampleInput(spec, 1000 + i)));
      const output = decode(answer.output);
      expect(answer.shape).toEqual(expected.shape);
      expect(relativeError(output, expected.data)).toBeLessThan(forward);

      const node = await resultsOf(device, sample);
      expect(relativeError(output, node.output)).toBeLessThan(forward);
      expect(answer.gradients.length).toBe(node.gradients.length);
      for (const [input, gradient] of node.gradients.entries()) {
        const shown = answer.gradients[input];
        expect(shown === null, `gradient of input ${input}`).toBe(gradient === null);
        if (gradient && shown)
          expect(relativeError(decode(shown), gradient), `gradient of input ${input}`).toBeLessThan(backward);
      }
    },
  );
});

test('nearly all cases run, and those that do not are heads with many buffers', () => {
  if (skipped.length > 0) console.log(`skipped:\n  ${skipped.join('\n  ')}`);
  expect(problems).toEqual([]);
  expect(ran).toBeGreaterThan(9 * skipped.length);
  for (const reason of skipped) expect(reason).toMatch(/_loss /);
});
