/** Anyone who reads the API reference finds a sentence about everything that the library exports. */

import path from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');

function optionsOf(file: string): ts.CompilerOptions {
  const { config } = ts.readConfigFile(path.join(root, file), ts.sys.readFile);
  return ts.parseJsonConfigFileContent(config, ts.sys, root).options;
}

/** What a module exports, by its name there, and whether it has a docstring of its own. */
function exportsOf(program: ts.Program, file: string): { name: string; isDocumented: boolean }[] {
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
  return checker.getExportsOfModule(module).map((symbol) => {
    const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
    const declared = isAlias ? checker.getAliasedSymbol(symbol) : symbol;
    const text = ts.displayPartsToString(declared.getDocumentationComment(checker));
    return { name: symbol.name, isDocumented: text.trim() !== '' };
  });
}

describe('every export has a docstring', () => {
  const entries = ['src/engine/index.ts', 'src/normface/index.node.ts'];
  const files = [...entries, 'src/shaders/wesl.d.ts'].map((file) => path.join(root, file));
  const program = ts.createProgram(files, optionsOf('tsconfig.json'));

  test.each(entries)('%s', (entry) => {
    const found = exportsOf(program, path.join(root, entry));
    expect(found.length).toBeGreaterThan(80);
    expect(found.filter(({ isDocumented }) => !isDocumented).map(({ name }) => name)).toEqual([]);
  });
});

test('a re-export without a docstring is found, a docstring of tags alone is none', () => {
  const texts: Record<string, string> = {
    '/a.ts':
      '/** Adds. */ export const add = 1;\nexport const silent = 2;\n/** @throws Error */ export const tags = 3;',
    '/index.ts': "export * from './a.ts';",
  };
  const host = ts.createCompilerHost({});
  host.getSourceFile = (name) => {
    const text = texts[name];
    return text === undefined ? undefined : ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true);
  };
  host.fileExists = (name) => name in texts;
  host.readFile = (name) => texts[name];
  const program = ts.createProgram(['/index.ts'], { allowImportingTsExtensions: true, noLib: true }, host);
  expect(exportsOf(program, '/index.ts')).toEqual([
    { name: 'add', isDocumented: true },
    { name: 'silent', isDocumented: false },
    { name: 'tags', isDocumented: false },
  ]);
});
