/** Declaration of `normface graph`. */

import {
  type AddCommand,
  examples,
  forceOption,
  lossOption,
  netOption,
  repeatedOption,
  wholeNumber,
} from './command.ts';

export const addGraph: AddCommand = (program, run) => {
  program
    .command('graph')
    .description('the autograd graph of a net and its loss with shapes, bytes and arithmetic')
    .argument('[config.json]', 'the training; without: the small net with softmax')
    .addOption(netOption())
    .addOption(lossOption('the loss'))
    .option('--batch <n>', 'images in a step', wholeNumber(1))
    .option('--classes <n>', 'people (default: those in the data of the training)', wholeNumber(2))
    .addOption(repeatedOption('--set <key=value>', 'any other setting'))
    .option('--out <file>', 'draw the graph: graph.svg, or graph.dot for Graphviz')
    .addOption(forceOption())
    .option('--parameters', 'draw parameters as nodes of their own')
    .addHelpText(
      'after',
      examples(
        'normface graph',
        'normface graph configs/lfw-small-normface.json --out graph.svg',
        'normface graph --net center-face-resnet --loss normface --batch 8 --classes 10572 --out resnet.dot',
      ),
    )
    .action(run(async () => (await import('./graph.node.ts')).graph));
};
