import { describe, expect, test } from 'vitest';
import { reportPage } from '../../bench/gpu-report/page.ts';
import { runSection } from '../../bench/gpu-report/run-section.ts';
import type { OpenedSection, SectionReport } from '../../bench/gpu-report/section.ts';
import { lostStatus, work } from '../../bench/gpu-report/worker.ts';

/** A process that is told what to do: prints the lines of the items from `from` on, or does something worse. */
const script = (items: Readonly<Record<string, string>>, opening = '') => `
const say = (message) => console.log(JSON.stringify(message));
const right = (summary) => ({ finding: { isRight: true, summary, data: 1 } });
${opening}
const items = { ${Object.entries(items)
  .map(([name, body]) => `${JSON.stringify(name)}: async (index) => { ${body} }`)
  .join(', ')} };
say({ items: Object.keys(items) });
let index = 0;
for (const run of Object.values(items)) {
  if (index >= Number(process.argv[1])) {
    say({ begun: index });
    say({ done: index, ...(await run(index)) });
  }
  index++;
}`;

const section = { name: 'trial', title: 'A trial', about: 'nothing', itemSeconds: 1 };
const run = (text: string, limitMs = 60_000): Promise<SectionReport> =>
  runSection(section, {
    limitMs,
    command: (_, from) => [process.execPath, '--input-type=module', '--eval', text, String(from)],
  });
const findings = ({ outcomes }: SectionReport) =>
  outcomes.map(({ name, finding, failure }) => `${name}: ${finding?.summary ?? failure}`);

describe('a section of the report', () => {
  test('goes on after an item that fails, kills its process, or takes too long', async () => {
    const report = await run(
      script({
        first: `return right('fine');`,
        fails: `return { failure: 'no such variant' };`,
        dies: `console.error('driver: gone'); process.kill(process.pid, 'SIGSEGV'); await new Promise(() => setInterval(() => {}, 1000));`,
        ends: `process.exit(7);`,
        hangs: `await new Promise(() => setInterval(() => {}, 1000));`,
        last: `return right('fine again');`,
      }),
    );
    expect(findings(report)).toEqual([
      'first: fine',
      'fails: no such variant',
      'dies: its process ended with signal SIGSEGV: driver: gone',
      'ends: its process ended with status 7',
      'hangs: it took longer than 1 s',
      'last: fine again',
    ]);
    expect([report.left, report.failure]).toEqual([[], null]);
  });

  test('that cannot begin says why, and does not try for ever', async () => {
    const report = await run(`console.error('no adapter'); process.exit(1);`);
    expect(report).toMatchObject({ outcomes: [], failure: 'its process ended with status 1: no adapter' });
  });

  test('whose time is over says what is left', async () => {
    const report = await run(
      script({
        a: `return right('fine');`,
        b: `await new Promise(() => setInterval(() => {}, 1000));`,
        c: `return right('never');`,
      }),
      900,
    );
    // How far it came is a matter of time; nothing is passed over in silence.
    if (report.outcomes.length > 0) expect(report.left).toEqual(['b', 'c']);
    expect(findings(report)).not.toContain('c: never');
  });
});

describe('a process that works', () => {
  const opened = (items: OpenedSection['items'], lost: Promise<string> = new Promise(() => {})) => ({
    ...section,
    share: 1,
    open: async () => ({ items, lost, close: async () => {} }),
  });
  const right = { isRight: true, summary: '', data: null };

  test('begins where it is told to, and ends with 0', async () => {
    const ran: string[] = [];
    const item = (name: string) => ({
      name,
      run: async () => {
        ran.push(name);
        return right;
      },
    });
    expect(await work(opened([item('a'), item('b'), item('c')]), 1, {}, () => {})).toBe(0);
    expect(ran).toEqual(['b', 'c']);
  });

  test('ends where the device is lost, so that the next item gets a new one', async () => {
    let lose: (why: string) => void = () => {};
    const lost = new Promise<string>((resolve) => {
      lose = resolve;
    });
    const ran: string[] = [];
    const item = (name: string, does: () => Promise<typeof right>) => ({ name, run: does });
    const items = [
      item('a', () => {
        lose('gone');
        return new Promise(() => {});
      }),
      item('b', async () => {
        ran.push('b');
        return right;
      }),
    ];
    expect(await work(opened(items, lost), 0, {}, () => {})).toBe(lostStatus);
    expect(ran).toEqual([]);
  });
});

test('the page names what is wrong, and escapes it', () => {
  const outcome = (name: string, isRight: boolean, summary: string) => ({
    name,
    seconds: 1,
    finding: { isRight, summary, data: null },
    failure: null,
  });
  const page = reportPage({
    date: '2026-11-30',
    machine: 'a <machine>',
    sections: [
      {
        name: 'operators',
        title: 'Operators',
        about: '',
        outcomes: [outcome('add 1', true, 'right'), outcome('add 2', false, 'output: 1 < 2')],
        left: ['add 3'],
        failure: null,
      },
    ],
  });
  expect(page).toContain('a &lt;machine&gt;');
  expect(page).toContain('1 case is right, 1 is not.');
  expect(page).toMatch(/add 2<\/td><td class="bad">output: 1 &lt; 2/);
  expect(page).toContain('The time did not last for 1 more: add 3');
});
