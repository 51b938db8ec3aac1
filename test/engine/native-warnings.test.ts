import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a script writes to its stderr, through a pipe that it cannot open again by name. */
function stderrOf(script: string): string {
  const source = `import { withoutNativeWarnings } from './src/engine/runtime/native-warnings.node.ts'; ${script}`;
  const { outputFiles } = buildSync({
    stdin: { contents: source, resolveDir: root },
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    write: false,
  });
  const { stderr, status } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', outputFiles[0]!.text],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  expect(status).toBe(0);
  return stderr;
}

const write = `const { writeSync } = await import('node:fs');
  const warn = (kind) => writeSync(2, 'Warning: maxDynamic' + kind + 'BuffersPerPipelineLayout artificially reduced from 1000000 to 16 to fit dynamic offset allocation limit.\\n');`;

describe.runIf(process.platform === 'linux')("the driver's known warnings", () => {
  test('are left out, and nothing else is', () => {
    const script = `${write}
      writeSync(2, 'before\\n');
      const got = await withoutNativeWarnings(() => { warn('Uniform'); writeSync(2, 'error: lost\\n'); warn('Storage'); return 7; });
      writeSync(2, 'after ' + got + '\\n'); warn('Uniform');`;
    expect(stderrOf(script)).toMatch(/^before\nerror: lost\nafter 7\nWarning: maxDynamicUniform.*\n$/);
  });

  test('are left out where the body throws, and stderr is as before', () => {
    const script = `${write}
      await withoutNativeWarnings(() => { warn('Uniform'); throw new Error('no adapter'); }).catch((error) => writeSync(2, error.message + '\\n'));`;
    expect(stderrOf(script)).toBe('no adapter\n');
  });

  test('open no command', () => {
    const script = `const webgpu = await import('webgpu'); process.env.XDG_RUNTIME_DIR ??= '/tmp';
      const gpu = webgpu.create([]); if (!(await withoutNativeWarnings(() => gpu.requestAdapter()))) throw new Error('no adapter');
      process.exit(0);`;
    expect(stderrOf(script)).not.toContain('Warning: maxDynamic');
  });
});
