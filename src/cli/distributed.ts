/** Declaration of `normface distributed`. */

import { cardNames } from '../inspector/estimate/card-names.ts';
import {
  type AddCommand,
  choiceOption,
  examples,
  finiteNumber,
  lossOption,
  netOption,
  repeatedOption,
  wholeNumber,
} from './command.ts';

export const addDistributed: AddCommand = (program, run) => {
  const distributed = program
    .command('distributed')
    .description('training on several GPUs and machines, before they are rented');
  distributed
    .command('plan')
    .description('what each rank of a training would send in a step, hold, and wait for, by arithmetic')
    .argument('[config.json]', 'the training; without: the small net with softmax')
    .requiredOption('--ranks <n>', 'processes, one for each GPU', wholeNumber(1))
    .option('--link <gigabits>', "bandwidth of a rank's way to the others, in Gbit/s", finiteNumber, 25)
    .option('--latency <microseconds>', 'of a message over it', finiteNumber, 20)
    .addOption(netOption())
    .addOption(lossOption('the loss'))
    .option('--batch <n>', 'images of all ranks in a step', wholeNumber(1))
    .option('--classes <n>', 'people (default: those in the data of the training)', wholeNumber(2))
    .addOption(repeatedOption('--set <key=value>', 'any other setting'))
    .addOption(
      choiceOption(
        '--card <name>',
        'estimate the computing of a step on this GPU, and so the efficiency',
        cardNames,
      ),
    )
    .addHelpText(
      'after',
      examples(
        'normface distributed plan configs/casia-resnet.json --ranks 8 --classes 10572',
        'normface distributed plan --net iresnet-50 --classes 1000000 --batch 8192 --ranks 64 --link 10',
      ),
    )
    .action(run(async () => (await import('./distributed.node.ts')).plan));
};
