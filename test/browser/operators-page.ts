/** The page of operators.test.ts: runs sample cases on the browser's GPU. */

import { DeviceError } from '../../src/engine/core/errors.ts';
import { operators } from '../../src/engine/ops/index.ts';
import { openDevice } from '../../src/engine/runtime/open.ts';
import { runEagerly } from '../../src/engine/testing/recording.ts';

/** A case's results for the test, or why this adapter cannot run it. */
export type Answer =
  | { readonly unable: string }
  | {
      readonly shape: readonly number[];
      readonly output: Numbers;
      readonly gradients: readonly (Numbers | null)[];
      readonly findings: readonly string[];
    };

/** Floats as base64 of their bytes: quick to hand over. */
export type Numbers = string;

export interface OperatorsPage {
  /** What the adapter allows a kernel to bind. */
  readonly mostBuffers: number;
  run(operator: number, sample: number): Promise<Answer>;
}

const device = await openDevice({ tune: 'off' });

const page: OperatorsPage = {
  mostBuffers: device.report.limits.maxStorageBuffersPerShaderStage,
  async run(operator, sample) {
    try {
      const { shape, output, gradients, findings } = await runEagerly(
        device,
        operators[operator]!.cases[sample]!,
      );
      return {
        shape,
        output: encode(output),
        gradients: gradients.map((found) => found && encode(found)),
        findings,
      };
    } catch (error) {
      // The only limit that the engine leaves to the adapter; anything else is a failure.
      if (error instanceof DeviceError && / binds \d+ buffers, /.test(error.message))
        return { unable: error.message };
      throw error;
    }
  },
};
Object.assign(globalThis, { operatorsPage: page });

function encode(numbers: ArrayLike<number>): Numbers {
  const bytes = new Uint8Array(Float32Array.from(numbers).buffer);
  let text = '';
  for (let start = 0; start < bytes.length; start += 8192)
    text += String.fromCharCode(...bytes.subarray(start, start + 8192));
  return btoa(text);
}
