/** Declaration of `normface train`. */

import { cardNames } from '../inspector/estimate/card-names.ts';
import {
  type AddCommand,
  choiceOption,
  examples,
  finiteNumber,
  lossOption,
  netOption,
  repeatedOption,
  usageWhenBare,
  wholeNumber,
} from './command.ts';

export const addTrain: AddCommand = (program, run) => {
  const train = program
    .command('train')
    .description('train a net; by default the small net on generated faces with softmax')
    .argument('[config.json]', 'a configuration file; flags and --set win over it')
    .option(
      '--data <data>',
      'a folder identity/image.jpg, an archive of one (.tar, .tar.gz, .zip), a RecordIO file (.rec), a list (.txt, .lst, .csv), a folder of MNIST, or generated:identities=200,samples=20',
    )
    .option('--pairs <file>', 'pairs whose folds are left out (data.excludeFolds) and evaluated')
    .addOption(netOption())
    .addOption(lossOption('the loss'))
    .option('--batch <n>', 'images in a step', wholeNumber(1))
    .option('--epochs <n>', 'passes over the images', finiteNumber)
    .option('--steps <n>', 'optimiser steps, instead of --epochs', wholeNumber(1))
    .option('--lr <rate>', 'learning rate', finiteNumber)
    .option('--seed <n>', 'decides initial weights, order of images and augmentation', wholeNumber(0))
    .option('--mirror', 'mirror images at random')
    .option('--no-mirror', 'do not')
    .option('--from <checkpoint>', 'start from the weights of another run')
    .option('--name <name>', 'the run goes to <output>/<name>-NNN')
    .option('--output <folder>', 'where runs go (default: runs)')
    .option('--tensorboard', "also write the curves into the run's folder as TensorBoard reads them")
    .option('--strict', 'stop at the first image that cannot be read instead of leaving it out')
    .addOption(repeatedOption('--set <key=value>', 'any other setting, such as loss.scale.initial=24'))
    .option(
      '--resume [run]',
      'continue a run: its folder, one of its checkpoints, or auto (default) for the newest',
    )
    .option('--force', 'with --resume: accept settings that change the numbers of the run')
    .option('--verify-data', 'hash what all images hold, and with --resume compare it with the start')
    .option(
      '--overfit-batch',
      'train on the first batch only, without augmentation: the loss must go to zero',
    )
    .option(
      '--dry-run',
      'print the settings, images, schedule, memory and time of the training, for which a few steps are run, and stop',
    )
    .option('--images <n>', 'with --dry-run: so many images, which need not be here', wholeNumber(1))
    .option('--classes <n>', 'with --dry-run: of so many people', wholeNumber(2))
    .addOption(
      choiceOption(
        '--card <name>',
        'with --dry-run: estimate it for this GPU instead of trying it here',
        cardNames,
      ),
    )
    .option('--ranks <n>', 'train in so many processes, one for each GPU, on this host', wholeNumber(1))
    .option('--hosts <a:4,b:4>', 'train on these hosts, with so many processes on each')
    .option(
      '--max-restarts <n>',
      'with --ranks or --hosts: starts from the last checkpoint when a process dies (default: 3)',
      wholeNumber(0),
    )
    .option('--launcher <mpi>', 'what starts them: openmpi, mpich, or the file of an mpirun (default: found)')
    .option('--rsh-agent <program>', 'what starts them on other hosts (default: ssh)')
    .option(
      '--rank-timeout <seconds>',
      'a process that others wait for so long counts as hung, and all end; more than compiling kernels, reading a batch and saving take (default: 600)',
      wholeNumber(1, 1_000_000),
    )
    .option('--trace <file.json>', 'with several ranks: write what all of them did in one step, for Perfetto')
    .addHelpText(
      'after',
      examples(
        'normface train --data generated',
        'normface train configs/lfw-small.json --seed 2',
        'normface train --data faces/ --loss normface --from runs/softmax-001 --lr 0.01 --epochs 5',
        'normface train --set loss.name=normface --set loss.scale.initial=24 --set loss.scale.learn=false',
        'normface train --resume',
        'normface train configs/casia-resnet.json --ranks 8',
        'normface train configs/casia-resnet.json --ranks 8 --steps 20 --trace step.json',
        'normface train --resume runs/casia-resnet-001 --hosts a:4,b:4',
      ),
    );
  train.action(
    usageWhenBare(
      train,
      run(async () => (await import('./train.node.ts')).train),
    ),
  );
};
