import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../../src/normface/training/checkpoint/safetensors.ts';
import { parseLog } from '../../src/normface/training/run/log.ts';
import { shownCurves } from '../normface/training/event-reader.ts';
import { bundledProgram } from './program.ts';
import { normface, temporaryFolder } from './run.ts';

const root = temporaryFolder();
const output = path.join(root, 'runs');
/** One shape of step for all tests, since each new one has to be compiled. */
const settings = [
  '--data',
  'generated:identities=5,samples=4,seed=3',
  ...['--net', 'tiny', '--batch', '8', '--set', 'augmentation.shift=2', '--output', output],
];

function weightsOf(run: string, step: number): Buffer {
  const folder = path.join(output, run, 'ckpt', `step-${String(step).padStart(8, '0')}`);
  return Buffer.concat(
    ['weights', 'optimiser'].map((name) => fs.readFileSync(path.join(folder, `${name}.safetensors`))),
  );
}

const logOf = (run: string) => parseLog(fs.readFileSync(path.join(output, run, 'log.jsonl'), 'utf8'));

test('a run leaves a folder that tells everything', async () => {
  const words = [
    '--steps',
    '9',
    '--name',
    'whole',
    '--set',
    'checkpoint.everySteps=3',
    '--set',
    'checkpoint.keep=2',
  ];
  const { exitCode, stdout } = await normface('train', ...settings, ...words, '--set', 'log.everySteps=2');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^adapter /);
  expect(stdout).toContain('20 images of 5 people');
  expect(stdout).toMatch(/step 9\/9 \| ETA 0s \| loss \d/);
  const run = path.join(output, 'whole-001');
  expect(fs.readdirSync(run).sort()).toEqual([
    'ckpt',
    'config.json',
    'config.source.json',
    'environment.json',
    'log.jsonl',
    'metrics.csv',
  ]);
  const metrics = fs.readFileSync(path.join(run, 'metrics.csv'), 'utf8').trim().split('\n');
  expect(metrics[0]).toMatch(/^step,epoch,loss,/);
  expect(metrics.slice(1).map((line) => line.split(',')[0])).toEqual(['2', '4', '6', '8', '9']);
  expect(fs.readdirSync(path.join(run, 'ckpt'))).toEqual(['step-00000006', 'step-00000009']);
  expect(logOf('whole-001').map(({ event, step }) => `${event} ${step}`)).toEqual([
    'start 0',
    'step 2',
    'checkpoint 3',
    'step 4',
    'step 6',
    'checkpoint 6',
    'step 8',
    'step 9',
    'checkpoint 9',
    'done 9',
  ]);
  const environment = JSON.parse(fs.readFileSync(path.join(run, 'environment.json'), 'utf8'));
  expect(environment.device.description).toBeTruthy();
  expect(JSON.parse(fs.readFileSync(path.join(run, 'config.source.json'), 'utf8'))).toMatchObject({
    batchSize: 8,
  });
});

test('k steps and the resumed rest give the bits of an uninterrupted run', async () => {
  fs.cpSync(path.join(output, 'whole-001'), path.join(output, 'part-001'), { recursive: true });
  fs.rmSync(path.join(output, 'part-001', 'ckpt', 'step-00000009'), { recursive: true });
  const { exitCode } = await normface('train', '--resume', path.join(output, 'part-001'));
  expect(exitCode).toBe(0);
  expect(weightsOf('part-001', 9).equals(weightsOf('whole-001', 9))).toBe(true);
  expect(weightsOf('part-001', 9).equals(weightsOf('whole-001', 6))).toBe(false);
  const losses = (run: string) =>
    logOf(run).flatMap((record) => ('loss' in record ? [[record.step, record.loss]] : []));
  expect(losses('part-001').at(-1)).toEqual(losses('whole-001').at(-1));
});

test('balanced batches and center loss continue with the same bits too', async () => {
  const sampling = ['kind="balanced"', 'people=4', 'images=2'].flatMap((item) => [
    '--set',
    `sampling.${item}`,
  ]);
  const words = ['--steps', '5', '--set', 'auxiliaryLoss.name=center', '--set', 'checkpoint.everySteps=3'];
  const whole = await normface('train', ...settings, ...sampling, ...words, '--name', 'balanced');
  expect(whole.exitCode).toBe(0);
  fs.cpSync(path.join(output, 'balanced-001'), path.join(output, 'rest-001'), { recursive: true });
  fs.rmSync(path.join(output, 'rest-001', 'ckpt', 'step-00000005'), { recursive: true });
  expect((await normface('train', '--resume', path.join(output, 'rest-001'))).exitCode).toBe(0);
  expect(weightsOf('rest-001', 5).equals(weightsOf('balanced-001', 5))).toBe(true);
  expect(weightsOf('rest-001', 5).equals(weightsOf('balanced-001', 3))).toBe(false);
  expect(weightsOf('rest-001', 5).includes('auxiliary.center')).toBe(true);
});

test('a resumed run refuses other settings by name, and other images', async () => {
  const run = path.join(output, 'part-001');
  const changed = await normface('train', '--resume', run, '--lr', '0.5', '--batch', '4');
  expect(changed.exitCode).toBe(2);
  expect(changed.stderr).toMatch(/other settings \(batchSize, optimiser.learningRate\); add --force/);
  const images = await normface(
    'train',
    '--resume',
    run,
    '--data',
    'generated:identities=5,samples=4,seed=3,first=1',
    '--force',
  );
  expect(images.exitCode).toBe(1);
  expect(images.stderr).toMatch(/was started on other images than/);
});

test('--dry-run prints the resolved configuration and touches nothing', async () => {
  const before = fs.readdirSync(output);
  const frozen = [
    '--set',
    'freeze=["conv1*"]',
    '--set',
    'parameters=[{"match":"loss.*","decayMultiplier":0},{"match":"conv1.*","learningRateMultiplier":2}]',
  ];
  const { exitCode, stdout, stderr } = await normface(
    'train',
    ...[...settings, '--dry-run', '--json', '--epochs', '2', ...frozen],
  );
  expect(exitCode).toBe(0);
  expect(stderr).toContain('frozen by "conv1*": 448 values of conv1.weight, conv1.bias\n');
  expect(stderr).toContain('parameters "loss.*": learning rate × 1, weight decay × 0 for loss.weight\n');
  expect(stderr).toContain('warning: parameters: "conv1.*" has no effect, since freeze keeps all');
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({
    freeze: [{ pattern: 'conv1*', names: ['conv1.weight', 'conv1.bias'], count: 448 }],
    rules: [
      { pattern: 'loss.*', names: ['loss.weight'], learningRateMultiplier: 1, decayMultiplier: 0 },
      { pattern: 'conv1.*' },
    ],
    event: 'dry-run',
    images: 20,
    identities: 5,
    steps: 5,
    netParameters: 107632,
    schedule: [
      { step: 1, learningRate: 0.05 },
      { step: 5, learningRate: 0.05 },
    ],
  });
  expect(result.memoryBytes).toBeGreaterThan(4 * 4 * 107632);
  const { net, classes, gradients, optimiser, batches } = result.memory;
  expect([net, classes, batches]).toEqual([4 * 107632, expect.any(Number), 8 * 56 * 48 * 4]);
  expect(Object.values(result.memory as Record<string, number>).reduce((a, b) => a + b)).toBe(
    result.memoryBytes,
  );
  // What is frozen has neither gradients nor momentum.
  expect(gradients).toBeLessThan(net + classes);
  expect(optimiser).toBe(gradients);
  expect(result.source).toBe('measured');
  expect(result.seconds).toBeCloseTo(5 * result.secondsPerStep, 9);
  expect(result.secondsPerStep).toBeGreaterThan(0);
  expect(result.config.optimiser).toMatchObject({ momentum: 0.9, weightDecay: 5e-4 });
  expect(fs.readdirSync(output)).toEqual(before);
});

test('--dry-run needs neither images nor a GPU, and tells of one of several ranks', async () => {
  const words = [
    '--dry-run',
    '--json',
    '--net',
    'tiny',
    '--data',
    'nowhere.rec',
    '--batch',
    '8',
    '--epochs',
    '2',
  ];
  const size = ['--images', '4000', '--classes', '300', '--card', 'h200'];
  const whole = JSON.parse((await normface('train', ...words, ...size)).stdout);
  expect(whole).toMatchObject({
    images: 4000,
    identities: 300,
    steps: 1000,
    source: 'estimated',
    card: 'NVIDIA H200',
  });
  const { stdout, stderr } = await normface('train', ...words, ...size, '--ranks', '2');
  const rank = JSON.parse(stdout);
  expect(stderr).toMatch(/GPU memory of each of 2 ranks on NVIDIA H200, by its limits/);
  expect(stderr).toMatch(
    /of each rank on NVIDIA H200 at best: estimated, not measured, since a card was named/,
  );
  expect(rank.memory.batches).toBe(whole.memory.batches / 2);
  expect(rank.memory.classes).toBeLessThan(0.6 * whole.memory.classes);
  expect(rank.memory.net).toBe(whole.memory.net);
  const missing = await normface('train', ...words);
  expect([missing.exitCode, missing.stderr]).toEqual([
    1,
    expect.stringMatching(
      /cannot open the data set nowhere\.rec: .*; where the images are elsewhere, --images and --classes/,
    ),
  ]);
  const huge = await normface(
    'train',
    ...words,
    '--images',
    '9000000',
    '--classes',
    '30000000',
    '--card',
    'h200',
  );
  expect([huge.exitCode, huge.stderr]).toEqual([
    0,
    expect.stringMatching(/memory and time: unknown, .*need a buffer of/),
  ]);
  for (const [flags, sentence] of [
    [['--images', '5', '--dry-run'], /--images and --classes belong together/],
    [['--images', '5', '--classes', '5'], /--images goes with --dry-run/],
    [
      ['--dry-run', '--ranks', '9', '--batch', '8', ...size],
      /9 ranks need at least 9 images in a batch, not 8/,
    ],
  ] as const) {
    const refused = await normface('train', ...flags);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toMatch(sentence);
  }
});

test('lr-find tries rates, says where the loss falls fastest, and keeps nothing but the curve that was asked for', async () => {
  const out = path.join(root, 'rates.csv');
  const words = ['--data', 'generated:identities=5,samples=4,seed=3', '--net', 'tiny', '--batch', '8'];
  const range = ['--set', 'augmentation.shift=2', '--lowest', '1e-4', '--highest', '3', '--steps', '30'];
  const before = fs.readdirSync(root);
  const { exitCode, stdout, stderr } = await normface('lr-find', ...words, ...range, '--out', out, '--json');
  expect(exitCode).toBe(0);
  const { points, steepest, least } = JSON.parse(stdout);
  expect(points[0]).toMatchObject({ learningRate: 1e-4 });
  expect(points[0].smoothed).toBeCloseTo(points[0].loss, 5);
  expect(steepest).toBeGreaterThan(1e-4);
  expect(least).toBeGreaterThan(steepest);
  expect(stderr).toMatch(/the loss falls fastest at .*: try --lr/);
  expect(fs.readFileSync(out, 'utf8').split('\n').slice(0, 2)).toEqual([
    'learningRate,loss,smoothed',
    `0.0001,${points[0].loss},${points[0].smoothed}`,
  ]);
  expect(fs.readdirSync(root)).toEqual([...before, 'rates.csv'].sort());
  for (const [flags, sentence] of [
    [['--out', out], /exists already; --force replaces it/],
    [['--out', 'x.pdf'], /must end in \.csv, \.svg or \.png/],
    [['--lowest', '2', '--highest', '1'], /--lowest 2 must be below --highest 1/],
    // A fine-tune is tried from where it starts.
    [['--from', 'nowhere'], /there is no checkpoint nowhere/],
  ] as const)
    expect((await normface('lr-find', ...words, ...flags)).stderr).toMatch(sentence);
});

test('--json prints one record per line and the result last', async () => {
  const { exitCode, stdout, stderr } = await normface('train', ...settings, '--steps', '2', '--json');
  expect(exitCode).toBe(0);
  const records = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(records.map(({ event }) => event)).toEqual(['start', 'step', 'checkpoint', 'done', 'result']);
  expect(records.at(-1)).toMatchObject({ step: 2, finished: true });
  expect(stderr).toMatch(/^adapter /);
});

test('--overfit-batch learns one batch by heart', async () => {
  const words = ['--overfit-batch', '--steps', '60', '--set', 'log.everySteps=1'];
  const { exitCode, stdout } = await normface('train', ...settings, ...words, '--json');
  expect(exitCode).toBe(0);
  const losses = stdout
    .split('\n')
    .flatMap((line) => (line.includes('"loss"') ? [JSON.parse(line).loss] : []));
  expect(losses).toHaveLength(60);
  expect(losses[0]).toBeGreaterThan(1);
  expect(losses.at(-1)).toBeLessThan(0.1);
});

test('evaluation while training is logged under the name of its protocol', async () => {
  const words = ['--steps', '2', '--set', 'evaluation.everySteps=2', '--name', 'watched', '--tensorboard'];
  const set = [
    'evaluation.data=generated:identities=20,samples=2,seed=3,first=5',
    'evaluation.pairsPerFold=2',
  ];
  const { exitCode, stdout } = await normface(
    'train',
    ...settings,
    ...words,
    ...set.flatMap((one) => ['--set', one]),
  );
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/step 2: lfw-10fold-cos \d+\.\d\d % at threshold/);
  expect(logOf('watched-001')).toContainEqual(
    expect.objectContaining({ event: 'validation', step: 2, protocol: 'lfw-10fold-cos' }),
  );
});

test('--tensorboard writes the same numbers for TensorBoard, and goes on in another file', async () => {
  const run = path.join(output, 'watched-001');
  const curves = () =>
    shownCurves(
      fs
        .readdirSync(run)
        .filter((name) => name.includes('tfevents'))
        .map((name) => ({ name, bytes: new Uint8Array(fs.readFileSync(path.join(run, name))) })),
    );
  const logged = () =>
    logOf('watched-001').flatMap((record) =>
      'loss' in record ? [[record.step, Math.fround(Number(record.loss))]] : [],
    );
  expect(curves().curve('train/loss')).toEqual(logged());
  expect(curves().curve('validation/accuracy lfw-10fold-cos')).toHaveLength(1);
  expect(fs.readdirSync(path.join(output, 'whole-001')).join()).not.toContain('tfevents');
  const words = ['--resume', run, '--set', 'steps=3', '--force', '--set', 'evaluation.everySteps=0'];
  expect((await normface('train', ...words)).exitCode).toBe(0);
  expect(fs.readdirSync(run).filter((name) => name.includes('tfevents'))).toHaveLength(2);
  expect(logged().map(([step]) => step)).toEqual([2, 3]);
  expect(curves().curve('train/loss')).toEqual(logged());
  // Finished, it has nothing to add.
  expect((await normface('train', '--resume', run)).exitCode).toBe(0);
  expect(fs.readdirSync(run).filter((name) => name.includes('tfevents'))).toHaveLength(2);
});

test('runs lists what was trained here', async () => {
  const { exitCode, stdout } = await normface('runs', output, '--json');
  expect(exitCode).toBe(0);
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const row = (name: string) => rows.find(({ folder }) => path.basename(folder) === name);
  expect(row('whole-001')).toMatchObject({
    state: 'finished',
    problem: null,
    step: 9,
    totalSteps: 9,
    net: 'tiny',
  });
  expect(row('whole-001').seconds).toBeGreaterThan(0);
  expect(row('watched-001').best).toMatchObject({
    source: 'validation',
    protocol: 'lfw-10fold-cos',
    step: 2,
  });
});

test('a run that diverges ends with status 3; weights past all measure are never saved, the good ones are kept', async () => {
  const set = ['checkpoint.everySteps=1', 'checkpoint.keep=1'].flatMap((one) => ['--set', one]);
  const words = ['--lr', '1e30', '--steps', '20', '--name', 'wild', ...set];
  const { exitCode, stderr } = await normface('train', ...settings, ...words);
  expect(exitCode).toBe(3);
  expect(stderr).toMatch(
    /^normface: the run diverged: after step 1 the largest weight is [\dIN].*; there is no earlier good checkpoint;/m,
  );
  fs.cpSync(path.join(output, 'whole-001'), path.join(output, 'wild-002'), { recursive: true });
  const good = path.join(output, 'wild-002', 'ckpt', 'step-00000006');
  const resumed = await normface('train', '--resume', good, '--force', '--lr', '1e30', ...set);
  expect(resumed.exitCode).toBe(3);
  expect(resumed.stderr).toContain(`after step 7 the largest weight is`);
  expect(resumed.stderr).toContain(`; the last good checkpoint is ${good};`);
  expect(logOf('wild-002').at(-1)).toMatchObject({ event: 'diverged' });
});

test('a last step that leaves infinite weights is no finished run', async () => {
  const words = ['--lr', '3e38', '--steps', '1', '--name', 'infinite'];
  const { exitCode, stdout, stderr } = await normface('train', ...settings, ...words);
  expect([exitCode, stdout.includes('saved')]).toEqual([3, false]);
  expect(stderr).toMatch(/the run diverged: after step 1 the largest weight is (NaN|Infinity|\d)/);
  expect(fs.existsSync(path.join(output, 'infinite-001', 'ckpt'))).toBe(false);
});

test('weights of another run start a new one; those of another net are refused', async () => {
  const from = path.join(output, 'whole-001');
  const started = await normface('train', ...settings, '--steps', '1', '--from', from);
  expect(started.exitCode).toBe(0);
  expect(started.stdout).toMatch(/starting from .*step-00000009.weights.safetensors, class weights kept/);
  expect(started.stderr).not.toContain('says that its weights are of the net');
  const weights = path.join(from, 'ckpt/step-00000009/weights.safetensors');
  const { tensors, metadata } = decodeSafetensors(fs.readFileSync(weights), weights);
  const relabelled = path.join(output, 'relabelled.safetensors');
  fs.writeFileSync(relabelled, encodeSafetensors(tensors, { ...metadata, net: 'small' }));
  const warned = await normface('train', ...settings, '--steps', '1', '--from', relabelled);
  expect(warned.exitCode).toBe(0);
  expect(warned.stderr).toMatch(/its weights are of the net small; they fit tiny and are used for it/);
  const people = ['--data', 'generated:identities=5,samples=4,seed=3,first=2'];
  const others = await normface('train', ...settings, ...people, '--steps', '1', '--from', from);
  expect(others.stdout).toMatch(/class weights new, the people differ/);
  const refused = await normface('train', ...settings, '--net', 'small', '--steps', '1', '--from', from);
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toMatch(
    /does not fit the net "small": its "conv1.weight" is \[3,3,3,16\], the net's is \[3,3,3,32\]/,
  );
});

test('the demo trains, compares on unseen people and writes a report', async () => {
  const out = path.join(root, 'demo');
  const set = [
    ...['data.path=generated:identities=5,samples=4,seed=3', 'batchSize=8', 'epochs=null', 'steps=2'],
    ...['evaluation.data=generated:identities=20,samples=2,seed=3,first=5', 'evaluation.pairsPerFold=2'],
  ];
  const { exitCode, stdout } = await normface('demo', '--out', out, ...set.flatMap((one) => ['--set', one]));
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^% +softmax +control +normface$/m);
  expect(stdout).toMatch(/^lfw-10fold-cos \(front\) +\d/m);
  expect(fs.readdirSync(out)).toEqual(
    expect.arrayContaining([
      'softmax-001',
      'control-001',
      'normface-001',
      'report.html',
      'roc.png',
      'examples.png',
    ]),
  );
  expect(fs.readFileSync(path.join(out, 'report.html'), 'utf8')).toContain('<svg');
  expect(JSON.parse(fs.readFileSync(path.join(out, 'result.json'), 'utf8')).runs).toHaveLength(3);
});

const program = bundledProgram();
let child: ChildProcess | undefined;
afterAll(() => void child?.kill('SIGKILL'));

test.skipIf(process.platform === 'win32')(
  'Ctrl-C saves, says how to go on and exits 130; going on gives the same bits',
  async () => {
    const words = [
      'train',
      ...settings,
      '--steps',
      '9',
      '--name',
      'cut',
      '--json',
      '--set',
      'log.everySteps=1',
    ];
    child = spawn(process.execPath, [program(), ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr!.on('data', (chunk) => {
      stderr += chunk;
    });
    let asked = false;
    child.stdout!.on('data', (chunk) => {
      if (!asked && String(chunk).includes('"event":"step"')) asked = child!.kill('SIGINT');
    });
    const exitCode = await new Promise((resolve) => child!.on('exit', resolve));
    expect(stderr).toMatch(/stopping after this step/);
    expect(stderr).toMatch(/stopped after step \d of 9; continue with:\n +normface train --resume .*cut-001/);
    expect(exitCode).toBe(130);
    const resumed = await normface('train', '--resume', path.join(output, 'cut-001'));
    expect(resumed.exitCode).toBe(0);
    expect(weightsOf('cut-001', 9).equals(weightsOf('whole-001', 9))).toBe(true);
  },
);
