/** The pages of the repository and the code in them. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '../..');

/** A fenced block of code. */
export interface Block {
  /** File and line of its first line. */
  readonly place: string;
  readonly language: string;
  /** The words after the language, such as `runnable`. */
  readonly flags: readonly string[];
  readonly text: string;
  /** What a comment `<!-- before: … -->` above the block says: code that it goes on from. */
  readonly before: string;
}

const folders = ['docs', 'src', '.github', 'bench'];

/** Paths of all pages from the root, with `/` between their parts. */
export const pages: readonly string[] = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...folders
    .filter((folder) => existsSync(path.join(root, folder)))
    .flatMap((folder) =>
      readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).map(
        (name) => `${folder}/${name.replaceAll('\\', '/')}`,
      ),
    )
    .filter((name) => name.endsWith('.md') && !name.includes('node_modules/')),
];

export const textOf = (page: string): string => readFileSync(path.join(root, page), 'utf8');

const fence = /^( *)```(\w+)?([^\n`]*)\n([\s\S]*?)^\1```$/gm;

/** The fenced blocks of a page. */
export function blocksOf(page: string, text = textOf(page)): Block[] {
  return [...text.matchAll(fence)].map((match) => {
    const above = text.slice(0, match.index);
    return {
      place: `${page}:${above.split('\n').length + 1}`,
      language: match[2] ?? '',
      flags: match[3]!.trim().split(/\s+/).filter(Boolean),
      text: match[4]!,
      before: /<!-- before: ([\s\S]*?) -->\n\n?$/.exec(above)?.[1] ?? '',
    };
  });
}

/** Text between single backticks outside of fenced blocks, with its page. */
export function inlineCode(page: string, text = textOf(page)): string[] {
  return [...text.replaceAll(fence, '').matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);
}
