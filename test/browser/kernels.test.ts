import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { looks, openPage, screenshot, startBrowser, type WatchedPage } from './browser.ts';
import { serveApplication } from './site.ts';

const url = await serveApplication();
const browser = await startBrowser();

/** Small enough for a software driver. */
const preluCase = 'kernel=prelu_forward&operator=prelu&case=4x14x12x32';

const open = (parameters = ''): Promise<WatchedPage> =>
  openPage(browser, `${url}#/kernels?${parameters}`, { permissions: ['clipboard-read', 'clipboard-write'] });

const region = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

async function openKernel(parameters: string): Promise<WatchedPage> {
  const opened = await open(parameters);
  await opened.page.locator('.kernel-editor .cm-line').nth(3).waitFor();
  return opened;
}

const clipboard = (page: Page): Promise<string> => page.evaluate(() => navigator.clipboard.readText());

/** The whole text, also what the editor does not draw. */
async function editorText(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Copy WGSL' }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  return clipboard(page);
}

/** Changes the text as a person would who pastes. */
async function edit(page: Page, change: (text: string) => string): Promise<string> {
  const before = await editorText(page);
  const after = change(before);
  expect(after).not.toBe(before);
  await page.evaluate((text) => navigator.clipboard.writeText(text), after);
  await page.locator('.kernel-editor .cm-content').click();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.press('ControlOrMeta+V');
  await page.keyboard.press('ControlOrMeta+Home');
  return after;
}

/** Runs and waits. @returns what the page says of it */
async function run(page: Page): Promise<string> {
  const panel = region(page, 'Run');
  await panel.getByRole('button', { name: /^Run/ }).click();
  await panel.getByRole('button', { name: /^Run/ }).waitFor();
  return (await panel.getByRole('status').textContent()) ?? '';
}

test('the list has all kernels; search and keys find and open one', async () => {
  const { page, problems } = await open();
  const links = page.locator('a.kernel-link');
  await links.first().waitFor();
  expect(await links.count()).toBeGreaterThan(60);
  expect(await page.getByRole('region', { name: 'Convolutions' }).locator('a').count()).toBeGreaterThan(5);

  await page.keyboard.press('/');
  await page.keyboard.type('conv2d weight');
  expect(await links.locator('.kernel-name').allTextContents()).toContain('conv2d_grad_weight');
  expect(await links.count()).toBeLessThan(20);
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('prelu_f');
  expect(await links.locator('.kernel-name').allTextContents()).toEqual(['prelu_forward']);
  expect(new URL(page.url()).hash).toBe('#/kernels?q=prelu_f');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'prelu_forward' }).waitFor();
  await page.locator('.kernel-editor .cm-line').nth(3).waitFor();
  expect(await page.locator('.kernel-header pre').textContent()).toContain('He et al. 2015');

  await page.goBack();
  await links.first().waitFor();
  expect(await links.count()).toBe(1);
  await page.getByRole('searchbox').fill('convolution 3x3');
  expect(await links.count()).toBeGreaterThan(0);
  await page.getByRole('searchbox').fill('softmx');
  await page.getByText('no kernel has “softmx”: these have “softmax”').waitFor();
  expect(await links.locator('.kernel-name').allTextContents()).toContain('softmax_head_finish');
  await page.getByRole('searchbox').fill('no such kernel');
  await page.getByText('No kernel has all these words').waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});

test('a kernel shows its text, bindings, constants and needs, and the default one is right', async () => {
  const { page, problems } = await openKernel(preluCase);
  const text = await editorText(page);
  expect(text).toContain('@compute');
  expect(text).not.toContain('import ');
  const dispatch = region(page, 'Dispatch');
  expect(await dispatch.textContent()).toMatch(/prelu/);
  const shapes = await dispatch
    .getByRole('region', { name: 'Bindings' })
    .locator('tbody tr')
    .allTextContents();
  expect(shapes.map((row) => row.replaceAll(/\s/g, ''))).toEqual([
    expect.stringContaining('4×14×12×32'),
    expect.stringContaining('32'),
    expect.stringContaining('4×14×12×32'),
  ]);
  expect(await dispatch.textContent()).toMatch(/modelled/);
  expect(await dispatch.textContent()).toMatch(/follows from the case/);

  expect(await run(page)).toMatch(/^right, /);
  const panel = region(page, 'Run');
  expect(await panel.locator('.kernel-verdict').textContent()).toMatch(/^ok, \d+ checks/);
  const checks = (await panel.getByRole('region', { name: 'Checks' }).textContent()) ?? '';
  for (const against of ['float64 reference', 'finite differences', 'second run'])
    expect(checks).toContain(against);
  expect(checks).not.toContain('default kernel');
  expect(await panel.locator('svg.kernel-plot').count()).toBe(2);
  expect(await panel.textContent()).toMatch(/\d rounds? by (timestamp queries|the clock)/);
  expect(await panel.locator('circle.dot.default').count()).toBeGreaterThan(10);
  expect(problems).toEqual([]);
  await page.context().close();
});

test('a right edit passes beside the default kernel, a wrong one does not', async () => {
  const { page, problems } = await openKernel(preluCase);
  await edit(page, (text) => text.replaceAll(/\bvalue\b/g, 'loaded'));
  expect(await run(page)).toMatch(/^right, /);
  const panel = region(page, 'Run');
  expect(await panel.getByRole('region', { name: 'Checks' }).textContent()).toContain('default kernel');
  // Another name for a variable: either nothing can be told, or (once in thirty runs) the interval is given.
  const beside = panel.locator('.figure', { hasText: 'Beside the default' });
  expect(await beside.textContent()).toMatch(
    /(not distinguishable \([\d.]+–[\d.]+\)|[\d.]+ × as fast, [\d.]+–[\d.]+)$/,
  );
  expect(await panel.locator('circle.dot.edited').count()).toBeGreaterThan(10);

  await edit(page, (text) => text.replace('slope[', '1.5 * slope['));
  expect(await panel.locator('.kernel-output').getAttribute('data-stale')).toBe('');
  expect(await run(page)).toMatch(/^wrong, /);
  expect(await panel.locator('.kernel-verdict').textContent()).toMatch(/^WRONG, /);
  expect(await panel.locator('.figure, svg.kernel-plot').count()).toBe(0);
  expect(await panel.textContent()).toContain('Not timed: wrong results have no speed.');
  const wrong = panel.locator('.kernel-wrong').first();
  expect(await wrong.textContent()).toMatch(/^WRONG.+ instead of .+ at element \d+$/);

  await page.getByRole('button', { name: 'Reset' }).click();
  await edit(page, (text) => `// The same, but not enough of it.\n${text}`);
  const workgroups = page.getByRole('textbox', { name: 'Workgroups' });
  const defaultGrid = await workgroups.inputValue();
  expect(defaultGrid).toMatch(/^\d+x1x1$/);
  await workgroups.fill('1');
  await workgroups.press('Enter');
  await page.waitForURL(/grid=1x1x1/);
  expect(await run(page)).toMatch(/^wrong, /);

  await page.getByRole('button', { name: 'Reset' }).click();
  expect(await workgroups.inputValue()).toBe(defaultGrid);
  expect(await page.locator('.kernel-editor h2').textContent()).toContain('default');
  expect(await run(page)).toMatch(/^right, /);
  expect(problems).toEqual([]);
  await page.context().close();
});

test('a text that does not compile is underlined at its line, and not run', async () => {
  const { page, problems } = await openKernel(preluCase);
  const text = await edit(page, (before) => before.replace('x[i]', 'x[missing]'));
  const line = text.slice(0, text.indexOf('missing')).split('\n').length;
  const problem = page.locator('.kernel-problem');
  await problem.waitFor();
  // Beside the text, on the screen that shows the text.
  await page.evaluate(() => scrollTo(0, 0));
  const [seen, editor] = await Promise.all([
    problem.boundingBox(),
    page.locator('.cm-editor').first().boundingBox(),
  ]);
  expect(seen!.y + seen!.height).toBeLessThan(900);
  expect(seen!.x).toBeGreaterThan(editor!.x + editor!.width);
  expect(await problem.textContent()).toContain(`line ${line}, column`);
  expect(await problem.textContent()).toContain('missing');
  expect(await page.locator('.cm-lintRange-error').textContent()).toBe('missing');
  expect(await run(page)).toMatch(new RegExp(`^The text does not compile: line ${line}: .*missing`));

  await problem.click();
  await page.keyboard.type('i ');
  // The cursor was put before the word: what is left of it is another mistake, at the same place.
  expect(await editorText(page)).toContain('x[i missing]');
  await edit(page, (broken) => broken.replace('i missing', 'i'));
  await problem.waitFor({ state: 'hidden' });
  expect(await run(page)).toMatch(/^right, /);
  expect(problems).toEqual([]);
  await page.context().close();
});

test('the URL holds the whole state: another page shows the same edit and case', async () => {
  const { page } = await openKernel(preluCase);
  const edited = await edit(page, (text) => text.replaceAll(/\bvalue\b/g, 'shared'));
  await page.waitForURL(/[?&]text=/);
  const link = page.url();
  await page.context().close();

  const { page: other, problems } = await openPage(browser, link, {
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  await other.locator('.kernel-editor[data-edited]').waitFor();
  expect(await editorText(other)).toBe(edited);
  expect(await other.getByLabel('Case: extents').inputValue()).toBe('4x14x12x32');
  await other.goto(link.replace(/text=.{20}/, 'text='));
  await other.getByText('the edited text in this link cannot be read').waitFor();
  expect(problems).toEqual([]);
  await other.context().close();
});

test('a wrong case is one sentence, and a right one opens', async () => {
  const { page, problems } = await openKernel(preluCase);
  const field = page.getByLabel('Case: extents');
  await field.fill('4x14xtwo');
  await field.press('Enter');
  await page.getByRole('alert').filter({ hasText: 'has a word "4x14xtwo"' }).waitFor();
  expect(await run(page)).toContain('there is no case to run');
  await field.fill('2x7x6x16');
  await field.press('ControlOrMeta+Enter');
  await region(page, 'Run').locator('.kernel-verdict.right').waitFor();
  expect(await region(page, 'Dispatch').textContent()).toContain('2×7×6×16');
  expect(page.url()).toContain('case=2x7x6x16');
  expect(problems).toEqual([]);
  await page.context().close();
});

test('a sweep tabulates the values of a constant', async () => {
  const { page, problems } = await openKernel(preluCase);
  const panel = region(page, 'Sweep');
  await panel.getByLabel('Sweep over').selectOption('WORKGROUP');
  await panel.getByLabel('Values').fill('1, 2, 4');
  await panel.getByRole('button', { name: 'Sweep' }).click();
  await panel.getByText('3 values of 3 ran').waitFor();
  const rows = panel.locator('tbody tr');
  expect(await rows.locator('th').allTextContents()).toEqual(['1', '2', '4']);
  expect(await rows.locator('td:last-child').allTextContents()).toEqual(['ok', 'ok', 'ok']);
  expect(await panel.locator('tr.highlight').count()).toBe(1);
  const ratios = await rows.locator('td:nth-child(4)').allTextContents();
  expect(ratios.filter((text) => text === 'least median')).toHaveLength(1);
  expect(ratios.filter((text) => /\([\d.]+–[\d.]+\)$/.test(text))).toHaveLength(2);
  const tracks = await rows.locator('.kernel-bar').evaluateAll((bars) => bars.map((bar) => bar.clientWidth));
  expect(new Set(tracks).size).toBe(1);
  expect(tracks[0]).toBeGreaterThan(60);
  await panel.getByLabel('Values').fill('1, x');
  await panel.getByRole('button', { name: 'Sweep' }).click();
  await panel.getByText('"x" is no positive whole number').waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});

test('two versions stand side by side and race', async () => {
  const { page, problems } = await openKernel(preluCase);
  const panel = region(page, 'Compare');
  await panel.getByRole('heading', { name: 'Compare two versions' }).click();
  await panel.getByText('The two texts are the same.').waitFor();
  await edit(page, (text) => text.replaceAll(/\bvalue\b/g, 'first'));
  await panel.locator('.cm-mergeView .cm-changedLine').first().waitFor();
  await page.getByRole('button', { name: 'Keep version' }).click();
  await edit(page, (text) => text.replaceAll(/\bfirst\b/g, 'second'));
  expect(await panel.getByLabel('Left').inputValue()).toBe('Version 1');
  await panel.locator('.cm-merge-b .cm-changedText').first().waitFor();
  expect(await panel.locator('.cm-merge-a').textContent()).toContain('first');
  expect(await panel.locator('.cm-merge-b').textContent()).toContain('second');

  await panel.getByRole('button', { name: 'Check and time both' }).click();
  await panel.getByText('both ran').waitFor();
  const rows = panel.getByRole('region', { name: 'Both versions' }).locator('tbody tr');
  expect(await rows.locator('th').allTextContents()).toEqual(['Version 1', 'Edited']);
  expect(await rows.locator('td:nth-child(2)').allTextContents()).toEqual(['ok', 'ok']);
  expect((await rows.locator('td:nth-child(4)').allTextContents()).join()).toMatch(
    /^,(not distinguishable|[\d.]+×) \([\d.]+–[\d.]+\)$/,
  );

  await page.reload();
  await page.locator('.kernel-editor[data-edited]').waitFor();
  await panel.getByRole('heading', { name: 'Compare two versions' }).click();
  await panel.getByLabel('Left').selectOption('Version 1');
  await panel.getByRole('button', { name: 'Edit Version 1' }).click();
  expect(await editorText(page)).toContain('first');
  await panel.getByRole('button', { name: 'Forget Version 1' }).click();
  expect(await panel.getByLabel('Left').locator('option').allTextContents()).toEqual(['Default', 'Edited']);
  expect(problems).toEqual([]);
  await page.context().close();
});

test('kernels with several dispatches have tabs, variants can be chosen, and a run can be cancelled', async () => {
  const { page, problems } = await openKernel('kernel=gemm&operator=matmul&case=96');
  const tabs = page.getByRole('tab');
  expect(await tabs.count()).toBe(3); // forward and two gradients
  const first = await editorText(page);
  await tabs.last().click();
  expect(await tabs.last().getAttribute('aria-selected')).toBe('true');
  expect(await editorText(page)).not.toBe(first);
  await page.keyboard.press('ArrowLeft');

  const variants = region(page, 'Case').getByLabel('Variant');
  const [, , other] = await variants.locator('option').allTextContents();
  await variants.selectOption(other!);
  await page.waitForURL(/variant=/);
  expect(await run(page)).toMatch(/^right, /);

  const panel = region(page, 'Run');
  await panel.getByRole('button', { name: /^Run/ }).click();
  await panel.getByRole('button', { name: 'Cancel' }).click();
  await panel.getByText('cancelled').waitFor();
  expect(await run(page)).toMatch(/^right, /);

  // Leaving while something runs must not leave errors behind.
  await panel.getByRole('button', { name: /^Run/ }).click();
  await page.getByRole('link', { name: 'All kernels' }).click();
  await page.locator('a.kernel-link').first().waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});

test('without WebGPU the list, the search and the sources are there all the same', async () => {
  const without = await startBrowser({ webgpu: false });
  const { page, problems } = await openPage(without, `${url}#/kernels`);
  await page.locator('[data-notice=no-gpu]').waitFor();
  const links = page.locator('a.kernel-link');
  await links.first().waitFor();
  expect(await links.count()).toBeGreaterThan(60);
  await page.getByRole('searchbox').fill('prelu_forward');
  await links.first().click();
  await page.getByRole('heading', { level: 1, name: 'prelu_forward' }).waitFor();
  expect(await page.title()).toBe('prelu_forward · Kernels · normface');
  const source = page.locator('.kernel-source');
  await source.locator('.cm-line').nth(3).waitFor();
  expect(await source.textContent()).toContain('import constants::');
  await screenshot(page, 'kernels-source-without-webgpu');
  await page.goto(`${url}#/kernels?kernel=gemn`);
  await page.getByText('there is no kernel "gemn", did you mean "gemm"?').waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});

test('an unknown kernel is one sentence', async () => {
  const { page } = await open('kernel=gemn');
  await page.getByText('there is no kernel "gemn", did you mean "gemm"?').waitFor();
  await page.context().close();
});

test('pictures, in which nothing is wider than the screen', async () => {
  const { page, problems } = await open();
  /** Takes pictures of what is on the page in every look. */
  const take = async (name: string): Promise<void> => {
    for (const { name: look, viewport, colorScheme } of looks) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      const [content, screen] = await page.evaluate(() => [
        document.documentElement.scrollWidth,
        document.documentElement.clientWidth,
      ]);
      await screenshot(page, `kernels-${name}-${look}`);
      expect(content, `${name} ${look}`).toBeLessThanOrEqual(screen!);
    }
    await page.setViewportSize(looks[0]!.viewport);
  };
  await page.locator('a.kernel-link').first().waitFor();
  await take('list');

  // One variant has this kernel; the many of a product would take a software driver a minute.
  const depthwiseCase = encodeURIComponent('2x7x6x8 3x3 8 groups=8');
  await page.goto(`${url}#/kernels?kernel=depthwise_rows&operator=conv2d&case=${depthwiseCase}`);
  await page.locator('.kernel-editor .cm-line').nth(3).waitFor();
  await edit(page, (text) => text.replace('@compute', '// A changed line.\n@compute'));
  expect(await run(page)).toMatch(/^right, /);
  const sweep = region(page, 'Sweep');
  await sweep.getByLabel('Sweep over').selectOption('variant');
  await sweep.getByRole('button', { name: 'Sweep' }).click();
  await sweep.locator('tbody tr').first().waitFor();
  expect(await sweep.locator('tbody th').allTextContents()).toEqual(['depthwise']);
  await region(page, 'Compare').getByRole('heading', { name: 'Compare two versions' }).click();
  await page.locator('.kernel-merge .cm-editor').first().waitFor();
  await take('run');

  await edit(page, (text) => text.replace('fn main(', 'fn main(broken '));
  await page.locator('.kernel-problem').first().waitFor();
  await page.locator('.kernel-problem').first().click();
  await take('error');
  expect(problems).toEqual([]);
  await page.context().close();
}, 240_000);
