import { expect, test } from 'vitest';
import { javascriptRuntime } from '../../src/common/javascript-runtime.node.ts';

test('a runtime is called by its own name, not by the Node whose interface it follows', () => {
  expect(javascriptRuntime()).toBe(`Node ${process.version}`);
  expect(javascriptRuntime({ node: '26.3.0', bun: '1.4.5' })).toBe('Bun 1.4.5');
  expect(javascriptRuntime({ node: '24.2.0', deno: '2.9.6' })).toBe('Deno 2.9.6');
});
