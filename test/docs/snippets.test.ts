/** Code in the pages is code of today: it is type-checked, run, or parsed by what would parse it. */

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import ts from 'typescript';
import { afterAll, describe, expect, test } from 'vitest';
import { checkNet } from '../../src/normface/nets/check-net.ts';
import { parseConfig } from '../../src/normface/training/config/config.ts';
import { parsed } from '../cli/parsed.ts';
import { type Block, blocksOf, inlineCode, pages, root, textOf } from './pages.ts';

const blocks = pages.flatMap((page) => blocksOf(page));
const library = { normface: './src/normface/index.node.ts', 'normface/engine': './src/engine/index.node.ts' };

describe('TypeScript', () => {
  const snippets = blocks.filter(({ language }) => /^(ts|typescript|js|javascript)$/.test(language));
  /** A module of its own for each, in which names of other snippets are unknown. */
  const moduleOf = ({ before, text }: Block) => `${before}\n${text}\nexport {};\n`;

  /** What the compiler says of each snippet, by its place. */
  function diagnose(modules: ReadonlyMap<string, string>): string[] {
    const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), ts.sys.readFile);
    const options: ts.CompilerOptions = {
      ...ts.parseJsonConfigFileContent(config, ts.sys, root).options,
      paths: Object.fromEntries(
        Object.entries(library).map(([name, file]) => [name, [path.join(root, file)]]),
      ),
      // A page may show what it does not go on to use.
      noUnusedLocals: false,
      noUnusedParameters: false,
    };
    const host = ts.createCompilerHost(options);
    const files = new Map(
      [...modules].map(([place, text]) => [
        path.join(root, `test/docs/${place.replaceAll(/[^\w]/g, '-')}.ts`),
        { place, text },
      ]),
    );
    const read = host.getSourceFile.bind(host);
    host.getSourceFile = (name, ...rest) => {
      const file = files.get(path.normalize(name));
      return file ? ts.createSourceFile(name, file.text, ts.ScriptTarget.ES2023, true) : read(name, ...rest);
    };
    const exists = host.fileExists.bind(host);
    host.fileExists = (name) => files.has(path.normalize(name)) || exists(name);
    const program = ts.createProgram(
      [...files.keys(), path.join(root, 'src/shaders/wesl.d.ts')],
      options,
      host,
    );
    return [...files].flatMap(([name, { place }]) => {
      const source = program.getSourceFile(name)!;
      const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
      return found.map(({ messageText }) => `${place}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
    });
  }

  test('has no type errors', () => {
    expect(snippets.length).toBeGreaterThan(5);
    const wrong = { place: 'wrong', text: "import { relu } from 'normface/engine';\nrelu(1);\nexport {};" };
    const modules = new Map(snippets.map((block) => [block.place, moduleOf(block)]));
    const complaints = diagnose(modules.set(wrong.place, wrong.text));
    // The last one shows that the check sees.
    expect(complaints).toEqual([expect.stringMatching(/^wrong: .*number.*Tensor/)]);
  });

  const cache = path.join(root, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(path.join(cache, 'snippets-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const runnable = snippets.filter(({ flags }) => flags.includes('runnable'));
  test.each(runnable)('$place runs, and prints what its comments say', async (block) => {
    const name = block.place.replaceAll(/[^\w]/g, '-');
    writeFileSync(path.join(folder, `${name}.ts`), moduleOf(block));
    await build({
      absWorkingDir: root,
      entryPoints: [path.join(folder, `${name}.ts`)],
      alias: library,
      bundle: true,
      format: 'esm',
      platform: 'node',
      packages: 'external',
      loader: { '.wesl': 'text' },
      outfile: path.join(folder, `${name}.js`),
    });
    const { stdout } = await promisify(execFile)(process.execPath, [path.join(folder, `${name}.js`)]);
    const promised = [...block.text.matchAll(/console\.log\(.*\); \/\/ (?!or )(.*)$/gm)].map(
      ([, line]) => line,
    );
    const printed = stdout.trim().split('\n');
    expect(printed.join('')).not.toBe('');
    for (const line of promised) expect(printed).toContain(line);
  });

  test('some of it runs', () => {
    expect(runnable.length).toBeGreaterThan(3);
  });
});

describe('command lines', () => {
  const lines = blocks
    .filter(({ language }) => /^(sh|bash|shell|console)$/.test(language))
    .flatMap(({ place, text }) =>
      text
        .replaceAll(/\\\n\s*/g, ' ')
        .split('\n')
        .map((line) => ({
          place,
          line: line
            .trim()
            .replace(/^\$ /, '')
            .replace(/^(?:[A-Z_]+=\S+ )+/, ''),
        })),
    )
    .filter(({ line }) => line !== '' && !line.startsWith('#'));
  const program = /^(?:npx )?normface /;
  /** Left out, alternatives or a redirection: for people. */
  const isSketch = (line: string) => /[…<>|[\]]/.test(line.replaceAll(/"[^"]*"/g, '').replace(/ +#.*$/, ''));
  const scripts: Record<string, string> = JSON.parse(
    readFileSync(path.join(root, 'package.json'), 'utf8'),
  ).scripts;

  /** Parses a line of a shell; errors of the given codes do not count. */
  const taken = (line: string, ...tolerated: string[]) =>
    parsed(line.replace(program, '')).catch((error) => {
      // A group of commands alone prints its help, which is well.
      if (!['commander.help', ...tolerated].includes(error.code)) throw error;
    });

  test('of the program are taken by its parser', async () => {
    const words = lines.filter(({ line }) => program.test(line) && !isSketch(line));
    expect(words.length).toBeGreaterThan(40);
    for (const { place, line } of words)
      await expect(taken(line), `${place}: ${line}`).resolves.not.toThrow();
    await expect(taken('normface train --no-such-option')).rejects.toThrow('unknown option');
  });

  test('between backticks, too, where a command may be named without its arguments', async () => {
    const words = pages.flatMap((page) =>
      inlineCode(page)
        .filter((code) => program.test(code) && !isSketch(code))
        .map((code) => ({ page, code })),
    );
    expect(words.length).toBeGreaterThan(20);
    for (const { page, code } of words)
      await expect(
        taken(code, 'commander.missingArgument', 'commander.missingMandatoryOptionValue'),
        `${page}: ${code}`,
      ).resolves.not.toThrow();
  });

  test('of npm name scripts of the package', () => {
    const named = [...lines.map(({ line }) => line), ...pages.flatMap((page) => inlineCode(page))].flatMap(
      (line) => /^npm (?:run ([\w:-]+)|(start|test)\b)/.exec(line)?.slice(1, 3).filter(Boolean) ?? [],
    );
    expect(named.length).toBeGreaterThan(10);
    expect([...new Set(named)].filter((name) => !(name in scripts))).toEqual([]);
  });

  test('of vitest name files', () => {
    const named = [...lines.map(({ line }) => line), ...pages.flatMap((page) => inlineCode(page))].flatMap(
      (line) => [...line.matchAll(/npx vitest run .*?(test\/[\w/.-]+)/g)].map(([, file]) => file!),
    );
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  });
});

describe('JSON', () => {
  const objects = blocks.filter(({ language }) => language === 'json');

  test.each(objects)('$place is a configuration or a net', ({ place, text }) => {
    const value = JSON.parse(text);
    expect(() => ('layers' in value ? checkNet(value, place) : parseConfig(value))).not.toThrow();
  });

  test('there is some', () => {
    expect(objects.length).toBeGreaterThan(1);
  });
});

test('functions that docs/architecture.md names are where it says', () => {
  const named = [...textOf('docs/architecture.md').matchAll(/`(src\/[\w/.-]+\.ts)`: `([\w.]+)`/g)];
  expect(named.length).toBeGreaterThan(15);
  const absent = named.filter(([, file, name]) => {
    const words = existsSync(path.join(root, file!)) ? readFileSync(path.join(root, file!), 'utf8') : '';
    return !name!.split('.').every((part) => new RegExp(`\\b${part}\\b`).test(words));
  });
  expect(absent.map(([text]) => text)).toEqual([]);
});
