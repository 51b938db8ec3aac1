/** Declaration of the program: its commands, and the options that every command takes. */

import type { Command } from 'commander';
import { addAlign } from './align.ts';
import { addBlufr } from './blufr.ts';
import { addCalibrate } from './calibrate.ts';
import { type AddCommand, choiceOption, type Runner, trueOrFalse, wholeNumber } from './command.ts';
import { addCompare } from './compare.ts';
import { addCompletion } from './completion.ts';
import { addData } from './data.ts';
import { addDemo } from './demo.ts';
import { addDistributed } from './distributed.ts';
import { addDoctor } from './doctor.ts';
import { addEmbed } from './embed.ts';
import { addEval } from './eval.ts';
import { addExport } from './export.ts';
import { addGraph } from './graph.ts';
import { addIjb } from './ijb.ts';
import { addImport } from './import.ts';
import { addKernels } from './kernels.ts';
import { addLrFind } from './lr-find.ts';
import { addNets } from './nets.ts';
import { addNorms } from './norms.ts';
import { addPaper } from './paper.ts';
import { addProfile } from './profile.ts';
import { addProtocols } from './protocols.ts';
import { addRuns } from './runs.ts';
import { addTrain } from './train.ts';
import { addTune } from './tune.ts';
import { addVerify } from './verify.ts';
import { addYtf } from './ytf.ts';

/** In the order in which the help lists them. */
const commands: readonly AddCommand[] = [
  addDemo,
  addAlign,
  addTrain,
  addLrFind,
  addRuns,
  addCompare,
  addEval,
  addCalibrate,
  addBlufr,
  addYtf,
  addIjb,
  addNorms,
  addEmbed,
  addVerify,
  addImport,
  addExport,
  addProtocols,
  addData,
  addNets,
  addGraph,
  addPaper,
  addKernels,
  addProfile,
  addTune,
  addDistributed,
  addDoctor,
  addCompletion,
];

/**
 * Declares options and commands, which `run` carries out.
 * @param program takes them; commands inherit how it prints and exits
 */
export function declareProgram(program: Command, run: Runner): void {
  program
    .description(
      'Train and evaluate face-verification networks on a WebGPU engine, with the losses of the NormFace paper.',
    )
    .helpOption('-h, --help', 'print help')
    .option('--adapter <name>', 'use the WebGPU adapter whose name contains this text')
    .option('--allow-software <true|false>', 'whether a software driver will do (default: true)', trueOrFalse)
    .addOption(
      choiceOption(
        '--tune <mode>',
        'variants of kernels: the default ones, those measured before (default), or measure what is missing',
        ['off', 'cache', 'full'],
      ),
    )
    .option(
      '--tune-seconds <n>',
      'most seconds that measuring takes; what is left keeps its default (default: 90 on GPUs, on software drivers no limit)',
      wholeNumber(1),
    )
    .addOption(
      choiceOption(
        '--tune-in <place>',
        'measure in a child process, which a kernel may crash without harm, or in this one (default: child, on software drivers process)',
        ['child', 'process'],
      ),
    )
    .addOption(
      choiceOption(
        '--operands <type>',
        'round the operands of matrix products and convolutions to f16: for GPUs with matrix units (default: f32)',
        ['f32', 'f16'],
      ),
    )
    .option(
      '--gflop-per-submission <n>',
      'most arithmetic that goes to the GPU at once, for GPUs that the system resets (default: 100, on software drivers no limit)',
      wholeNumber(1),
    )
    .option(
      '--max-pixels <n>',
      'largest picture that is decoded, in pixels (default: 100 million)',
      wholeNumber(1),
    )
    .option('--list-adapters', 'print the WebGPU adapters of this machine')
    .option('--json', 'print results as JSON lines on stdout, text for people on stderr');
  for (const add of commands) add(program, run);
}
