import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseHTML } from 'linkedom';
import sharp from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import { UserError } from '../../../src/common/errors.ts';
import { seriesColours } from '../../../src/common/palette.ts';
import { reportHtml, writeReport } from '../../../src/common/report.node.ts';
import { lossPlot } from '../../../src/normface/evaluation/plots.node.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-report-'));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const png = new Uint8Array(
  await sharp({ create: { width: 3, height: 2, channels: 3, background: '#102030' } })
    .png()
    .toBuffer(),
);
const report = {
  title: 'A < B & "C"',
  intro: ['First.', 'Second <b>.'],
  facts: [['Adapter', 'llvmpipe']] as const,
  sections: [
    {
      title: 'Numbers',
      text: ['Words.'],
      commands: ['npm start', 'a && b'],
      tables: [
        {
          title: 'Table',
          columns: [{ header: 'rule' }, { header: 'net', align: 'right' as const }],
          rows: [['lfw-10fold-cos (front)', '86.30 ± 1.00'], ['<i>']],
          first: 1,
          notes: ['A note.'],
        },
      ],
      figures: [{ svg: lossPlot([{ name: 'a', x: [1, 2], y: [2, 1] }]), caption: 'Loss.' }],
      galleries: [{ caption: 'Faces.', tiles: [{ png, lines: ['Ann 1 / <Bo> 2', '0.713, accepted'] }] }],
    },
    { title: 'Empty' },
  ],
};

describe('reportHtml', () => {
  const html = reportHtml(report);
  const { document } = parseHTML(html);

  test('holds what it was given, as text', () => {
    expect(document.querySelector('h1')?.textContent).toBe(report.title);
    expect(document.querySelector('title')?.textContent).toBe(report.title);
    expect([...document.querySelectorAll('header p')].map((p) => p.textContent)).toEqual(report.intro);
    expect(document.querySelector('dl')?.textContent).toBe('Adapterllvmpipe');
    expect([...document.querySelectorAll('h2')].map((h) => h.textContent)).toEqual(['Numbers', 'Empty']);
    expect(document.querySelector('pre')?.textContent).toBe('npm start\na && b');
    expect([...document.querySelectorAll('tbody tr')].map((row) => row.textContent)).toEqual([
      'lfw-10fold-cos (front)86.30 ± 1.00',
      '<i>',
    ]);
    expect(document.querySelectorAll('td.right')).toHaveLength(2);
    expect([...document.querySelectorAll('figcaption')].map((caption) => caption.textContent)).toEqual([
      'Loss.',
      'Ann 1 / <Bo> 20.713, accepted',
    ]);
    expect(document.querySelector('h3')?.textContent).toBe('Faces.');
    expect(document.querySelector('tr.first')?.textContent).toBe('<i>');
    expect(document.querySelector('figure svg')).not.toBeNull();
    expect(document.querySelectorAll('script, b, i')).toHaveLength(0);
  });

  test('the image is inside, byte for byte', () => {
    const image = document.querySelector('img')!;
    // What it shows is said below it.
    expect(image.getAttribute('alt')).toBe('');
    const [kind, data] = image.getAttribute('src')!.split(',');
    expect(kind).toBe('data:image/png;base64');
    expect(new Uint8Array(Buffer.from(data!, 'base64'))).toEqual(png);
  });

  test('nothing is loaded from anywhere', () => {
    expect(html.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(
      /https?:|\bsrc="(?!data:)|<link|@import|url\(/,
    );
    expect(html).toContain("default-src 'none'");
  });

  test('is the same every time', () => {
    expect(reportHtml(report)).toBe(html);
  });
});

test('a long report begins with links to its sections', () => {
  const titles = Array.from({ length: 9 }, (_, k) => `Table ${k}: a & b`);
  const { document } = parseHTML(reportHtml({ title: 'Long', sections: titles.map((title) => ({ title })) }));
  const links = [...document.querySelectorAll('nav a')];
  expect(links.map((link) => link.textContent)).toEqual(titles);
  for (const link of links)
    expect(document.querySelector(link.getAttribute('href')!)?.tagName).toBe('SECTION');
});

test('on a dark page series have their dark colours', () => {
  const html = reportHtml(report);
  expect(html).toContain(`[stroke="${seriesColours[0]!.light}"] { stroke: ${seriesColours[0]!.dark}; }`);
  expect(html).toContain(`stroke="${seriesColours[0]!.light}"`);
});

describe('writeReport', () => {
  test('makes folders, replaces the old file, leaves nothing else', () => {
    const file = path.join(folder, 'a', 'b', 'report.html');
    writeReport(file, report);
    writeReport(file, { title: 'New', sections: [] });
    expect(fs.readFileSync(file, 'utf8')).toBe(reportHtml({ title: 'New', sections: [] }));
    expect(fs.readdirSync(path.dirname(file))).toEqual(['report.html']);
  });

  test('a failure is one sentence and leaves nothing behind', () => {
    const taken = path.join(folder, 'taken');
    fs.mkdirSync(taken);
    expect(() => writeReport(taken, report)).toThrow(UserError);
    expect(() => writeReport(taken, report)).toThrow(/^cannot write .*taken: /);
    expect(fs.readdirSync(folder).sort()).toEqual(['a', 'taken']);
    expect(fs.readdirSync(taken)).toEqual([]);
  });
});
