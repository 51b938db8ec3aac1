/** What comments and pages point to is there: public sources by name, pages and their headings, files by their paths. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const folders = ['src', 'test', 'docs', 'bench', 'scripts', 'examples', 'configs'];
const ending = /\.(ts|mjs|wesl|py|md|html|css|json|txt)$/;

/** Paths from the root, with `/` between their parts. */
const files = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...folders.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
      .filter((name) => ending.test(name) && !name.includes('node_modules/')),
  ),
].filter((name) => name !== 'test/docs/citations.test.ts');

const textOf = (file: string) => readFileSync(path.join(root, file), 'utf8');
const isPage = (file: string) => file.endsWith('.md');

/** A run of comment lines, a paragraph of a page, or a single line of code, with the number of its first line. */
interface Passage {
  readonly line: number;
  readonly text: string;
  readonly isComment: boolean;
}

function passagesOf(file: string, text: string): Passage[] {
  const isText = (line: string) =>
    isPage(file) ? line.trim() !== '' && !line.startsWith('#') : /^\s*(\/\/|\/\*|\*|#)/.test(line);
  const passages: Passage[] = [];
  let joins = false;
  text.split('\n').forEach((line, i) => {
    const previous = passages.at(-1);
    const isComment = isText(line);
    if (isComment && joins && previous)
      passages[passages.length - 1] = { ...previous, text: `${previous.text}\n${line}` };
    else passages.push({ line: i + 1, text: line, isComment: isComment || isPage(file) });
    joins = isComment && !line.trimEnd().endsWith('*/');
  });
  return passages;
}

/** Complaints about every passage of every file. */
function complaints(check: (passage: Passage, file: string) => readonly string[]): string[] {
  return files.flatMap((file) =>
    passagesOf(file, textOf(file)).flatMap((passage) =>
      check(passage, file).map((complaint) => `${file}:${passage.line}: ${complaint}`),
    ),
  );
}

const numbered = /\b(?:sections?|equations?|eqs?\.) \d[\d.]*|§ ?\d/i;
/** A number on arXiv, a standard, or authors with a year. */
const source = /arXiv \d{4}\.\d{4,5}|\bRFC \d|\bISO \d|\bTIFF \d|\bAPPNOTE\.TXT\b|\bWGSL\b|\b(?:19|20)\d\d\b/;
const nowhere = /\bpaper notes\b|\bpaper reference\b|\bpaper(?:'s)? sections? \d/i;

/** Why a passage cites what nobody can look up, if it does. */
function danglingCitation({ text }: Passage): string[] {
  const found = text.match(nowhere) ?? (source.test(text) ? null : text.match(numbered));
  return found ? [`"${found[0]}" of which public source?`] : [];
}

/** The anchors of a page, made of its headings as GitHub makes them. */
function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>();
  let isCode = false;
  for (const line of page.split('\n')) {
    if (line.startsWith('```')) isCode = !isCode;
    const heading = isCode ? null : line.match(/^#+ (.*)/);
    if (!heading) continue;
    const slug = heading[1]!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let again = 1; anchors.has(anchor); again++) anchor = `${slug}-${again}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** What is wrong with a link from the root to a file and a heading in it. */
function brokenTarget(target: string, anchor: string | undefined): string[] {
  const file = path.join(root, target);
  if (!existsSync(file)) return [`${target} is not there`];
  if (anchor === undefined || !isPage(target)) return [];
  return anchorsOf(readFileSync(file, 'utf8')).has(anchor) ? [] : [`${target} has no heading #${anchor}`];
}

const linked = /\]\(([^()\s]+)\)|\b(?:href|src|srcset)="([^"]+)"/g;

function brokenLinks({ text }: Passage, file: string): string[] {
  if (!isPage(file)) return [];
  return [...text.replaceAll(/`[^`]*`/g, '').matchAll(linked)].flatMap((match) => {
    const [target, anchor] = (match[1] ?? match[2])!.split('#');
    if (/^[a-z]+:/.test(target!)) return [];
    return brokenTarget(target === '' ? file : path.posix.join(path.posix.dirname(file), target!), anchor);
  });
}

const fromRoot =
  /(?<![\w./@~-])((?:src|docs|test|bench|scripts|examples|configs)\/[\w./*<{-]*[\w*<{])(?:#([\w-]+))?/g;
/** Comments leave out `src/` where what follows says enough, and kernels the ending of a module. */
const inSource =
  /(?<![\w./@~-])((?:engine|normface|inspector|cli|web|common)\/[\w./-]*\.ts|shaders\/[\w./*-]*[\w*])/g;
/** Modules that kernels share: `lib/name` in a comment, `package::lib::name` as the linker has it. */
const shared = /(?<![\w./@~-])(?:package::)?lib(?:\/|::)([a-z]\w*)/g;
/** The only modules outside `lib` that a kernel can name. */
const otherModule = /package::(?!lib::|operand_loader\b)\w+/g;
/** A pattern, or what is made on the machine. */
const isNoFile = /[*<{]|node_modules/;
const pageMentioned = /(?<![\w./@~-])(docs\/[\w./-]*\.md)(?:#([\w-]+))?/g;

function brokenPaths({ text, isComment }: Passage): string[] {
  const comment = isComment ? text : (text.match(/\s\/\/ .*$/)?.[0] ?? '');
  const code = comment === '' ? text : '';
  return [
    ...[...comment.matchAll(fromRoot), ...code.matchAll(pageMentioned)]
      .filter(([, target]) => !isNoFile.test(target!))
      .flatMap(([, target, anchor]) => brokenTarget(target!, anchor)),
    ...[...comment.matchAll(inSource)]
      .filter(([, target]) => !isNoFile.test(target!))
      .flatMap(([, target]) =>
        existsSync(path.join(root, `src/${target}.wesl`)) ? [] : brokenTarget(`src/${target}`, undefined),
      ),
  ];
}

function brokenModules({ text, isComment }: Passage, file: string): string[] {
  if (!isComment || !/^(src|docs)\//.test(file)) return [];
  return [
    ...[...text.matchAll(shared)]
      .filter(([, name]) => !/\.\w+$/.test(name!))
      .flatMap(([, name]) => brokenTarget(`src/shaders/lib/${name}.wesl`, undefined)),
    ...[...text.matchAll(otherModule)].map(([module]) => `${module} is no module`),
  ];
}

describe('what comments and pages point to', () => {
  // The reference says in its first lines which paper its numbers belong to.
  const isReference = (file: string) => file === 'docs/reference.md';

  test('a numbered section or equation has a public source beside it', () => {
    expect(complaints((passage, file) => (isReference(file) ? [] : danglingCitation(passage)))).toEqual([]);
    expect(textOf('docs/reference.md')).toContain('arXiv 1704.06369');
  });

  test('links of pages lead to files and headings that exist', () => {
    expect(complaints(brokenLinks)).toEqual([]);
  });

  test('paths in comments and pages exist', () => {
    expect(complaints(brokenPaths)).toEqual([]);
  });

  test('modules that comments and pages name exist', () => {
    expect(complaints(brokenModules)).toEqual([]);
  });
});

describe('the checks see', () => {
  const passages = (text: string, file = 'src/a.ts') => passagesOf(file, text);
  const dangling = (text: string) => passages(text).flatMap(danglingCitation);

  test.each([
    '/** As in section 3.4. */',
    '// The head (paper section 6.1, arXiv 1704.06369)',
    '/**\n * One line,\n * and equations 2 to 4.\n */',
    "test('the table of section 4.5', () => {});",
    '// arXiv 1704.06369\nconst x = 1;\n// section 3',
  ])('%j', (text) => expect(dangling(text)).toHaveLength(1));

  test.each([
    '// arXiv 1704.06369, section 3.3, equation 6',
    '/**\n * (Conover 1999,\n * section 3.2)\n */',
    '// ISO 14496-12, section 4.3',
    '// the sections of a file',
  ])('a source in %j', (text) => expect(dangling(text)).toEqual([]));

  test('links and headings that are not there', () => {
    const broken = (text: string) =>
      passages(text, 'docs/page.md').flatMap((one) => brokenLinks(one, 'docs/page.md'));
    expect(broken('[a](reference.md#scaled-cosine-softmax) [b](../README.md) [c](https://a.b/c)')).toEqual(
      [],
    );
    expect(broken('[a](absent.md)')).toEqual(['docs/absent.md is not there']);
    expect(broken('[a](reference.md#absent)')).toEqual(['docs/reference.md has no heading #absent']);
    expect(broken('<img src="absent.png">')).toEqual(['docs/absent.png is not there']);
  });

  test('paths that are not there', () => {
    const broken = (text: string) => passages(text).flatMap(brokenPaths);
    expect(broken('// see docs/reference.md#blufr and shaders/lib/index.ts')).toEqual([]);
    expect(broken('const x = 1; // docs/reference.md#absent')).toEqual([
      'docs/reference.md has no heading #absent',
    ]);
    expect(broken('/** src/absent.ts, shaders/absent.wesl */')).toEqual([
      'src/absent.ts is not there',
      'src/shaders/absent.wesl is not there',
    ]);
    expect(broken("read('src/absent.ts');")).toEqual([]);
    expect(broken("test('the table of docs/absent.md', …")).toEqual(['docs/absent.md is not there']);
    expect(broken('// shaders/lib/margin, shaders/absent')).toEqual(['src/shaders/absent is not there']);
    expect(broken('/** configs/*.json, src/<family>/a.ts, bench/node_modules */')).toEqual([]);
  });

  test('modules that are not there', () => {
    const broken = (text: string) =>
      passages(text).flatMap((one) => brokenModules(one, 'src/shaders/a.wesl'));
    expect(broken('// lib/margin, package::lib::margin, package::operand_loader')).toEqual([]);
    expect(broken('// lib/absent, package::tile_product')).toEqual([
      'src/shaders/lib/absent.wesl is not there',
      'package::tile_product is no module',
    ]);
  });
});

/** Kernels in the column of kernels of the tables of an operator family's page. */
function kernelsNamed(text: string): string[] {
  let column = -1;
  return text.split('\n').flatMap((line, i, lines) => {
    if (!line.startsWith('|')) return [];
    const cells = line.split('|');
    if (!lines[i - 1]?.startsWith('|'))
      column = cells.findIndex((cell) => /\bkernels?\b|shaders\//.test(cell));
    const names = cells[column]?.matchAll(/[`[]([a-z][a-z\d_]*)(?:`|\]\([^)]*\.wesl\))/g) ?? [];
    return [...names].map(([, name]) => name!);
  });
}

describe('kernels that the pages of operator families name are there', () => {
  const there = new Set(
    files.filter((name) => name.endsWith('.wesl')).map((name) => path.posix.basename(name, '.wesl')),
  );
  const readmes = files.filter((name) => /^src\/engine\/ops\/\w+\/README\.md$/.test(name));

  test.each(readmes)('%s', (file) => {
    const named = kernelsNamed(textOf(file));
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !there.has(name))).toEqual([]);
  });

  test('one that is not there is found', () => {
    expect(kernelsNamed('| operator | kernels |\n| --- | --- |\n| a | `absent_forward` |')).toEqual([
      'absent_forward',
    ]);
  });
});
