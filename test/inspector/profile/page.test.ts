import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { layerTable } from '../../../src/inspector/profile/layer-tables.ts';
import { profilePage } from '../../../src/inspector/profile/page.ts';
import { pageScript } from '../../../src/inspector/profile/page-script.ts';
import { rooflineSvg } from '../../../src/inspector/profile/roofline-svg.ts';
import { summarise } from '../../../src/inspector/profile/summary.ts';
import { sample } from './sample.ts';

const html = profilePage(sample);

/** The page with its script running in it. */
function open() {
  const { document, Event } = parseHTML(html);
  const listeners: Record<string, () => void> = {};
  const location = { hash: '' };
  const addEventListener = (name: string, listener: () => void) => {
    listeners[name] = listener;
  };
  new Function('document', 'location', 'addEventListener', pageScript)(document, location, addEventListener);
  const find = (selector: string) => document.querySelector(selector) as HTMLElement;
  const click = (element: HTMLElement) =>
    element.dispatchEvent(new Event('click', { bubbles: true }) as unknown as globalThis.Event);
  const order = () =>
    ([...document.querySelectorAll('tbody[id]')] as HTMLElement[])
      .filter(({ hidden }) => !hidden)
      .map(({ id }) => id);
  const go = (hash: string) => {
    location.hash = hash;
    listeners.hashchange!();
  };
  const search = (text: string) => {
    const input = find('#filter') as HTMLInputElement;
    input.value = text;
    input.dispatchEvent(new Event('input') as unknown as globalThis.Event);
  };
  const sortBy = (header: string) =>
    click(
      ([...document.querySelectorAll('.dispatches thead button')] as HTMLElement[]).find(
        ({ textContent }) => textContent === header,
      )!,
    );
  return { document, find, click, order, go, search, sortBy };
}

test('the page loads nothing: no address, no source, no import', () => {
  expect(html).not.toMatch(/https?:|\/\/[a-z]/i);
  expect(html).not.toMatch(/<(link|img|iframe)\b|\bsrc=|@import|url\(/i);
  expect(html).toContain("default-src 'none'");
});

test('names of people cannot become markup', () => {
  expect(html).toContain('tiny &lt;b&gt;, batch 8, &quot;softmax&quot; &amp; co');
  expect(html).not.toContain('<b>');
  expect(html).not.toContain('<all>');
  expect(html).not.toContain('<x>');
});

test('every number says where it comes from', () => {
  const { document } = open();
  for (const tile of document.querySelectorAll('.tiles > div'))
    expect(tile.querySelectorAll('.measured, .exact, .modelled').length).toBe(1);
  const heads = [...document.querySelectorAll('.dispatches > thead th')];
  const numeric = heads.filter((head) => head.className.includes('right') && head.textContent !== '#');
  expect(numeric.length).toBe(5);
  for (const head of numeric) expect(head.querySelectorAll('.kind').length).toBe(1);
});

test('layers are those that the terminal prints, cell by cell', () => {
  const dispatches = sample.dispatches.map((dispatch) => ({ ...dispatch, part: `layer <${dispatch.call}>` }));
  const layered = { ...sample, dispatches };
  const { document } = parseHTML(profilePage(layered));
  const cellsOf = (row: Element): string[] =>
    [...row.querySelectorAll('th, td')].map((cell) => cell.textContent!);
  const { columns, rows } = layerTable(layered);
  expect(cellsOf(document.querySelector('.layers thead tr')!)).toEqual(columns.map(({ header }) => header));
  expect([...document.querySelectorAll('.layers tbody tr')].map(cellsOf)).toEqual(rows);
  expect(rows.map(([layer]) => layer)).toContain('layer <7>');
  expect(document.querySelectorAll('.layers .total').length).toBe(1);
});

test('the time at the roofline is no more than that of the dispatches, even where caches spare most of the traffic', () => {
  const dispatches = sample.dispatches.map((dispatch) =>
    dispatch.flops === 0 ? { ...dispatch, microseconds: dispatch.microseconds / 50 } : dispatch,
  );
  const beaten = { ...sample, dispatches, roofline: { ...sample.roofline, atLeast: true } };
  const { total } = summarise(beaten);
  expect(total.leastMicroseconds).toBeLessThanOrEqual(total.microseconds);
  const page = profilePage(beaten);
  expect(page).toContain(`${(100 * total.share).toFixed(1)} % of the roofline reached by its dispatches`);
  expect(page).toContain('at least 50.0 GFLOP/s<small>');
  expect(page.match(/at least 50\.0 GFLOP\/s/g)!.length).toBe(3);
});

test('dispatches come by time, and their shares add up', () => {
  const { document, order } = open();
  expect(order()).toEqual(['d6', 'd2', 'd8', 'd1', 'd3', 'd0', 'd5', 'd4', 'd7']);
  const shares = [...document.querySelectorAll('tbody[id]')].map((body) =>
    Number((body as HTMLElement).dataset.share),
  );
  expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
});

test('a click on a head sorts, another one turns the order around', () => {
  const { order, sortBy, find } = open();
  sortBy('#');
  expect(order()[0]).toBe('d8');
  sortBy('#');
  expect(order()).toEqual(['d0', 'd1', 'd2', 'd3', 'd4', 'd5', 'd6', 'd7', 'd8']);
  expect(find('[aria-sort]').textContent).toContain('#');
});

test('the filter looks for all words and says what is left', () => {
  const { order, search, find } = open();
  search('conv2d winograd_input');
  expect(order()).toEqual(['d1', 'd3']);
  expect(find('#shown').textContent).toBe('2 of 9, 10.8 % of the time');
});

test('a row opens with what there is to know of the dispatch', () => {
  const { find, click } = open();
  const body = find('#d2');
  const details = body.children[1] as HTMLElement;
  expect(details.hidden).toBe(true);
  click(body.querySelector('button')!);
  expect(details.hidden).toBe(false);
  for (const text of [
    'TILE_M = 32',
    'vec4_y',
    '8 × 2 × 1 = 16',
    'f32 8×14×12×64',
    'default for GPUs of NVIDIA: estimated, not measured',
  ])
    expect(details.textContent).toContain(text);
  click(body.children[0] as HTMLElement);
  expect(details.hidden).toBe(true);
});

test('dots and blocks lead to their dispatch, even where the filter hid it', () => {
  const { document, find, go, search, order } = open();
  const links = [...document.querySelectorAll('a')].map((link) => link.getAttribute('href')!);
  expect(links.length).toBeGreaterThan(2 * sample.dispatches.length);
  for (const link of links) expect(document.querySelectorAll(link).length).toBe(1);
  find('#d6').scrollIntoView = () => {};
  search('sgd');
  expect(order()).toEqual(['d8']);
  go('#d6');
  expect(order().length).toBe(9);
  expect((find('#d6').children[1] as HTMLElement).hidden).toBe(false);
});

test('the roofline has a dot for every dispatch with arithmetic, below the roof unless it is faster than that', () => {
  const faster = sample.dispatches.map((dispatch) =>
    dispatch.index === 8 ? { ...dispatch, microseconds: 90 } : dispatch,
  );
  const { dispatches } = summarise({ ...sample, dispatches: faster });
  const svg = rooflineSvg(dispatches, sample.roofline);
  expect(svg).toContain('4 dispatches without arithmetic are not shown');
  const { document } = parseHTML(`<body>${svg}</body>`);
  const dots = [...document.querySelectorAll('circle')].filter((circle) => circle.querySelector('title'));
  expect(dots.length).toBe(5);
  const roof = [...document.querySelectorAll('path')].find(
    (path) => path.getAttribute('stroke-width') === '2',
  )!;
  const [start, ridge] = [...roof.getAttribute('d')!.matchAll(/([\d.]+) ([\d.]+)/g)].map((point) =>
    point.slice(1).map(Number),
  );
  const roofAt = (x: number) =>
    x >= ridge![0]!
      ? ridge![1]!
      : start![1]! + ((ridge![1]! - start![1]!) * (x - start![0]!)) / (ridge![0]! - start![0]!);
  for (const dot of dots) {
    const [index] = dot.querySelector('title')!.textContent!.split(':');
    const isAbove = Number(dot.getAttribute('cy')) < roofAt(Number(dot.getAttribute('cx')));
    expect([index, isAbove]).toEqual([index, dispatches[Number(index)]!.share > 1]);
    expect(isAbove).toBe(index === '8');
  }
});
