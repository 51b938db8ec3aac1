import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const root = path.join(import.meta.dirname, '../..');
let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-imports-'));
  fs.copyFileSync(path.join(root, 'biome.imports.jsonc'), path.join(folder, 'biome.imports.jsonc'));
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

/** What `npm run check:imports` says of a tree with these files. */
function check(files: Readonly<Record<string, string>>): { status: number | null; text: string } {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, 'src', name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }
  const { scripts } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const [, ...flags] = scripts['check:imports']!.split(' ');
  const biome = path.join(root, 'node_modules/@biomejs/biome/bin/biome');
  const { status, stdout, stderr } = spawnSync(process.execPath, [biome, ...flags], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, text: stdout + stderr };
}

const leaf = 'export type N = number;\n';
const uses = (from: string): string => `import type { N } from '${from}';\nexport const n: N = 1;\n`;

test('imports that go the right way pass', () => {
  const { status } = check({
    'common/n.ts': leaf,
    'engine/n.ts': uses('../common/n.ts'),
    'normface/n.ts': uses('../engine/n.ts'),
    'inspector/n.ts': uses('../engine/n.ts'),
    'cli/n.ts': `${uses('../normface/n.ts')}export * from '../inspector/n.ts';\n`,
    'web/pages/n.ts': uses('../../normface/n.ts'),
  });
  expect(status).toBe(0);
});

describe('an import that goes the wrong way fails', () => {
  test.each([
    ['common', 'engine'],
    ['engine', 'normface'],
    ['engine', 'inspector'],
    ['normface', 'inspector'],
    ['normface', 'cli'],
    ['inspector', 'normface'],
    ['inspector', 'web'],
    ['cli', 'web'],
    ['web', 'cli'],
  ])('%s imports a type of %s', (from, to) => {
    const { status, text } = check({
      [`${to}/deep/n.ts`]: leaf,
      [`${from}/deep/n.ts`]: uses(`../../${to}/deep/n.ts`),
    });
    expect(status).toBe(1);
    expect(text).toMatch(`src/${from} imports `);
  });

  test('also where the import waits for its moment', () => {
    const late = "export const later = () => import('../cli/n.ts');\n";
    expect(check({ 'cli/n.ts': leaf, 'engine/n.ts': late }).status).toBe(1);
  });
});

test('a cycle fails, and so does one of types alone', () => {
  const { status, text } = check({
    'engine/a.ts': "import type { B } from './b.ts';\nexport interface A {\n  b: B;\n}\n",
    'engine/b.ts': "import type { C } from './c.ts';\nexport interface B {\n  c: C;\n}\n",
    'engine/c.ts': "import type { A } from './a.ts';\nexport interface C {\n  a: A;\n}\n",
  });
  expect(status).toBe(1);
  expect(text).toContain('noImportCycles');
});
