/** Declaration of `normface calibrate`. */

import { InvalidArgumentError, Option } from 'commander';
import { mergeNames } from '../normface/evaluation/merge.ts';
import { type AddCommand, choiceOption, examples, wholeNumber } from './command.ts';

const usualRates = '1e-1,1e-2,1e-3';

export const addCalibrate: AddCommand = (program, run) => {
  program
    .command('calibrate')
    .description(
      'keep thresholds for several false accept rates, and a probability of the same person, beside a checkpoint',
    )
    .argument('<checkpoint>', 'a run folder (its newest checkpoint), a checkpoint folder or a weights file')
    .option(
      '--data <data>',
      'images: a folder, an archive or generated:… (default: as the run was configured)',
    )
    .option('--pairs <file>', "pairs in the format of LFW's pairs.txt (default: ten folds are drawn)")
    .option(
      '--pairs-per-fold <n>',
      'pairs of each kind in a fold, where pairs are drawn (default: 300 of --data, else as the run was configured)',
      wholeNumber(1),
    )
    .addOption(
      new Option('--far <rates>', 'false accept rates, separated by commas')
        .argParser(falseAcceptRates)
        .default(falseAcceptRates(usualRates), usualRates),
    )
    .addOption(
      choiceOption(
        '--merge <name>',
        'how image and mirror image are merged (default: as the stored threshold has it, else sum)',
        mergeNames,
      ),
    )
    .option('--batch <n>', 'images embedded at once', wholeNumber(1), 64)
    .addHelpText(
      'after',
      '\nWrites calibration.json beside the checkpoint, where `normface verify` and the page Verify find it. The threshold that\n' +
        '`normface eval --store-threshold` keeps is another file and stays as it is.\n' +
        examples(
          'normface calibrate runs/demo/normface-001',
          'normface calibrate runs/lfw-001 --data lfw.tar --pairs pairs.txt --far 1e-1,1e-2,1e-3',
          'normface calibrate runs/lfw-001 --data faces/ --pairs-per-fold 1000 --json',
        ),
    )
    .action(run(async () => (await import('./calibrate.node.ts')).calibrateCheckpoint));
};

/** Reads one false accept rate. */
export function falseAcceptRate(text: string): number {
  const rate = Number(text);
  if (!(rate > 0 && rate < 1))
    throw new InvalidArgumentError('A false accept rate lies between 0 and 1, such as 1e-3.');
  return rate;
}

/** Reads rates separated by commas. */
function falseAcceptRates(text: string): number[] {
  return text.split(',').map((part) => falseAcceptRate(part.trim()));
}
