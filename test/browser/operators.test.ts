/** The operator table in a browser: what comes out is what the definitions say, and what Node's driver computes. */

import { describe, expect, test } from 'vitest';
import { operators } from '../../src/engine/ops/index.ts';
import { checkAgainstReference, faultsOf } from '../../src/engine/testing/check.ts';
import { compareArrays } from '../../src/engine/testing/compare.ts';
import { runEagerly } from '../../src/engine/testing/recording.ts';
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

const relativeError = (actual: ArrayLike<number>, expected: ArrayLike<number>): number =>
  compareArrays('', '', actual, expected, { tolerance: 0, scaledTolerance: 0 }).error;

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
      const gradients = answer.gradients.map((gradient) => (gradient === null ? null : decode(gradient)));
      const output = decode(answer.output);
      const { shape, findings } = answer;
      expect(findings).toEqual([]);
      expect(faultsOf(checkAgainstReference(sample, { shape, output, gradients }))).toEqual([]);

      const node = await runEagerly(device, sample);
      expect(relativeError(output, node.output)).toBeLessThan(forward);
      expect(gradients.length).toBe(node.gradients.length);
      for (const [input, gradient] of node.gradients.entries()) {
        const shown = gradients[input];
        expect(shown === null, `gradient of input ${input}`).toBe(gradient === null);
        if (gradient && shown)
          expect(relativeError(shown, gradient), `gradient of input ${input}`).toBeLessThan(backward);
      }
    },
  );
});

test('nearly all cases run, and those that do not are heads with many buffers', () => {
  if (skipped.length > 0) console.log(`skipped:\n  ${skipped.join('\n  ')}`);
  expect(problems).toEqual([]);
  expect(ran).toBeGreaterThan(9 * skipped.length);
  for (const reason of skipped) expect(reason).toMatch(/Loss /);
});
