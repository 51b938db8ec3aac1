import type { Device } from '../../engine/core/tensor.ts';
import { type Problem, problemsOf } from './diagnostics.ts';

/** Has the driver's compiler read a text. Nothing is run, and no error of it is left for others to stumble over. */
export async function compileText(device: Device, text: string): Promise<Problem[]> {
  const { gpu } = device;
  // Where the device is lost, the frame says so: there is nothing to say of the text.
  gpu.pushErrorScope('validation');
  const module = gpu.createShaderModule({ label: 'edited kernel', code: text });
  const refusal = gpu.popErrorScope().catch(() => null);
  const { messages } = await module.getCompilationInfo().catch(() => ({ messages: [] }));
  const problems = problemsOf(text, messages);
  const error = await refusal;
  if (error && !problems.some(({ severity }) => severity === 'error'))
    problems.unshift(atTheTop(text, error.message));
  if (!/@compute\b/.test(text)) problems.unshift(atTheTop(text, 'there is no function main marked @compute'));
  return problems;
}

function atTheTop(text: string, message: string): Problem {
  return problemsOf(text, [{ type: 'error', message, lineNum: 1, linePos: 1, length: 0 }])[0]!;
}
