/** The options of the benchmark. Its help is kept in help.txt, which is printed before anything is installed; a test compares the two. */

import { Command, InvalidArgumentError, Option } from 'commander';
import type { TuneMode } from '../src/engine/tuning/tune.ts';
import type { Flavour } from '../src/normface/distributed/launch-line.ts';
import { type Suite, suites } from './cases.ts';

const peers = {
  'engine-fast': "this engine without Dawn's checks, as tfjs-webgpu-fast",
  'tfjs-webgpu': 'TensorFlow.js on the same adapter',
  'tfjs-webgpu-fast': "the same without Dawn's checks",
  'tfjs-wasm': 'TensorFlow.js in WebAssembly, on one core',
  'tfjs-cpu': 'TensorFlow.js in plain JavaScript',
  'jax-webgpu': 'jax-js on the same adapter',
  'jax-wasm': 'jax-js in WebAssembly, on one core',
  'torch-cpu': 'PyTorch, where python3 has it',
  'torch-cuda': 'PyTorch on CUDA, where python3 has it',
} as const;
export type PeerName = keyof typeof peers;
const peerNames = Object.keys(peers) as PeerName[];

const suiteTexts: Readonly<Record<Suite | 'distributed', string>> = {
  gemm: 'matrix products',
  conv: 'convolutions, forward and with both gradients',
  head: 'the NormFace head: loss and gradients for many classes',
  layers: 'normalisation, activations, pooling',
  step: 'optimiser steps of whole nets',
  infer: 'features of whole nets',
  distributed: 'a training on 1, 2 and 4 ranks of MPI, by itself: not among "all"',
};

export interface Options {
  suite: (Suite | 'all' | 'distributed')[];
  peers: PeerName[];
  json?: string;
  svg?: string;
  append: boolean;
  rounds: number;
  only: string[];
  adapter?: string;
  tune: TuneMode;
  large: boolean;
  roundMs: number;
  launcher?: Flavour;
  namespaces: boolean;
  trace?: string;
}

const count = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('give a whole number from 1.');
  return value;
};

export const program = new Command('npm run bench --')
  .description('Times this engine against other frameworks on the same adapter, in interleaved rounds.')
  .addOption(
    new Option('--suite <names...>', 'what to time')
      .choices([...suites, 'distributed', 'all'])
      .default(['all']),
  )
  .option('--only <texts...>', 'only cases whose name contains one of these', [])
  .addOption(
    new Option('--peers <names...>', 'against whom').choices(peerNames).default(
      peerNames.filter((name) => name !== 'tfjs-cpu'),
      'all but tfjs-cpu that work here',
    ),
  )
  .option('--rounds <n>', 'rounds; every peer runs once in each', count, 11)
  .option('--round-ms <n>', 'short work is repeated in a round until it takes so long', count, 100)
  .option('--json <file>', 'write the results here')
  .option('--append', 'keep what the JSON file holds of other cases', false)
  .option('--svg <file>', 'draw the ratios here, or of distributed a step; .png for a picture')
  .option('--adapter <name>', 'use the adapter whose name contains this')
  .addOption(
    new Option(
      '--tune <mode>',
      'variants of our kernels: default, measured before, or measure what is missing',
    )
      .choices(['off', 'cache', 'full'])
      .default('full'),
  )
  .option('--large', 'add cases that take a GPU; of distributed those with many people instead', false)
  .addOption(
    new Option('--launcher <mpi>', 'of distributed: only with this MPI').choices(['openmpi', 'mpich']),
  )
  .option('--namespaces', 'of distributed: over a link of 1 Gbit/s between two hosts (as root)', false)
  .option('--trace <file>', 'of distributed: write a step of 2 ranks here, for Perfetto')
  .addHelpText(
    'after',
    () => `
Suites:
${listOf(suiteTexts)}

Peers, installed in bench/node_modules at the first run:
${listOf(peers)}

Examples:
  $ npm run bench -- --suite head --rounds 7 --json head.json --svg head.svg
  $ npm run bench -- --suite gemm --only 512² --peers tfjs-webgpu tfjs-wasm
  $ npm run bench -- --suite distributed --rounds 9 --json ranks.json --svg step.png`,
  )
  .configureHelp({ helpWidth: 100 });

function listOf(texts: Readonly<Record<string, string>>): string {
  return Object.entries(texts)
    .map(([name, text]) => `  ${name.padEnd(18)}${text}`)
    .join('\n');
}

/** Options of the suite `distributed`, and those that it has no use for. */
const ofRanks = ['launcher', 'namespaces', 'trace'];
const ofOthers = ['peers', 'tune', 'roundMs'];

/** What was asked for that would be passed over, in a sentence; undefined where there is nothing. */
export function contradiction(command: Command): string | undefined {
  const { suite } = command.opts<Options>();
  const isOfRanks = suite.includes('distributed');
  if (isOfRanks && suite.length > 1) return 'the suite distributed runs by itself';
  const idle = (isOfRanks ? ofOthers : ofRanks).find((name) => command.getOptionValueSource(name) === 'cli');
  if (idle === undefined) return undefined;
  const flag = command.options.find((option) => option.attributeName() === idle)!.long;
  return isOfRanks ? `${flag} is not for the suite distributed` : `${flag} goes with --suite distributed`;
}
