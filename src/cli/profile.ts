/** Declaration of `normface profile`. */

import { cardNames } from '../inspector/estimate/card-names.ts';
import {
  type AddCommand,
  choiceOption,
  examples,
  lossOption,
  netOption,
  repeatedOption,
  wholeNumber,
} from './command.ts';

export const addProfile: AddCommand = (program, run) => {
  const profile = program
    .command('profile')
    .description('where the time and the memory of a training step, or of embedding, go');
  for (const what of ['train', 'embed'] as const) {
    const command = profile
      .command(what)
      .description(
        what === 'train'
          ? 'an optimiser step: net, loss, gradients, update; on random images'
          : 'features of a batch of random images',
      )
      .option('--config <file>', 'the training (default: the small net with softmax)')
      .addOption(netOption())
      .option('--batch <n>', 'images at once', wholeNumber(1))
      .addOption(repeatedOption('--set <key=value>', 'any other setting'))
      .option('--runs <n>', 'runs that medians are taken of', wholeNumber(1), 9)
      .option('--top <n>', 'so many dispatches are listed', wholeNumber(0), 20)
      .addOption(
        choiceOption('--order <name>', 'dispatches by time, or as they run', ['time', 'step']).default(
          'time',
        ),
      )
      .addOption(
        choiceOption(
          '--estimate <card>',
          'do not measure: estimate the times on a GPU that is not here, by a model',
          cardNames,
        ),
      )
      .option(
        '--compare <file>',
        'put the layers of another profile of this step beside it: a profile.json that --out wrote, such as a measurement beside an estimate',
      )
      .option(
        '--out <folder>',
        'write profile.html, profile.json, trace.json (for Perfetto) and memory.svg here',
      )
      .addHelpText(
        'after',
        examples(
          `normface profile ${what} --config configs/lfw-small.json --out profile`,
          `normface profile ${what} --net center-face-resnet --batch 8${what === 'train' ? ' --classes 10572' : ''}`,
          `normface profile ${what} --net center-face-resnet --batch 64${what === 'train' ? ' --classes 10572' : ''} --estimate rtx-4090`,
        ),
      )
      .action(run(async () => (await import('./profile.node.ts'))[what]));
    if (what === 'train')
      command
        .addOption(lossOption('the loss'))
        .option('--classes <n>', 'people (default: those in the data of the training)', wholeNumber(2));
  }
};
