/** Declaration of `normface data`. */

import {
  type AddCommand,
  cosine,
  examples,
  forceOption,
  mergeOption,
  repeatedOption,
  wholeNumber,
} from './command.ts';

const dataHelp =
  'a folder identity/image.jpg, an archive of one (.tar, .tar.gz, .zip), a RecordIO file (.rec), a verification set (.bin), a list ' +
  '(.txt, .lst, .csv), a folder of MNIST or mnist:FOLDER,first=0,count=8000, or generated:identities=200,samples=20,seed=1';

export const addData: AddCommand = (program, run) => {
  const data = program
    .command('data')
    .description('look at data sets and convert them: preview, info, check, convert, overlap');
  data
    .command('preview')
    .description('write a contact sheet of some people of a data set as a PNG file')
    .argument('[data]', `${dataHelp}; by default the data of --config, or generated`)
    .option('-o, --out <file.png>', 'the file to write', 'preview.png')
    .option('--rows <n>', 'people shown, one a row', wholeNumber(1), 8)
    .option('--columns <n>', 'images of each', wholeNumber(1), 8)
    .option('--seed <n>', 'decides who is shown', wholeNumber(0), 0)
    .option(
      '--augment',
      'an image of each, and beside it what the first steps of a training make of it at random: every change at every second image, or as --config and --set say',
    )
    .option('--config <file.json>', 'with --augment: the configuration of that training')
    .addOption(
      repeatedOption(
        '--set <key=value>',
        'with --augment: a setting, such as augmentation.crop.probability=1',
      ),
    )
    .addOption(forceOption())
    .addHelpText(
      'after',
      examples(
        'normface data preview',
        'normface data preview generated:seed=7 --rows 4',
        'normface data preview faces.tar --out faces.png',
        'normface data preview faces.tar --augment --set augmentation.lowResolution.probability=1',
      ),
    )
    .action(run(async () => (await import('./data-preview.node.ts')).preview));
  data
    .command('info')
    .description('count the people and images of a data set')
    .argument('[data]', dataHelp, 'generated')
    .addHelpText('after', examples('normface data info faces.tar', 'normface data info faces/ --json'))
    .action(run(async () => (await import('./data.node.ts')).info));
  data
    .command('check')
    .description('decode every image and resolve every pair; exit status 1 when something is wrong')
    .argument('[data]', dataHelp, 'generated')
    .option('--pairs <file>', "a list of pairs in the format of LFW's pairs.txt")
    .addHelpText(
      'after',
      examples('normface data check faces/', 'normface data check lfw.tar --pairs pairs.txt'),
    )
    .action(run(async () => (await import('./data.node.ts')).check));
  data
    .command('convert')
    .description('write a data set in another form; encoded images are copied byte for byte')
    .argument('<from>', dataHelp)
    .argument('<to>', 'faces.rec (with .idx, .lst and property), pairs.bin, faces.tar, or a new folder')
    .option('--pairs <file>', "for a .bin: the pairs, in the format of LFW's pairs.txt")
    .option('--force', 'replace files that exist')
    .addHelpText(
      'after',
      examples(
        'normface data convert train.rec faces/',
        'normface data convert faces/ train.rec',
        'normface data convert lfw.tar lfw.bin --pairs pairs.txt',
      ),
    )
    .action(run(async () => (await import('./data-convert.node.ts')).convert));
  data
    .command('overlap')
    .description('find the people and images that two data sets have in common')
    .argument('<a>', dataHelp)
    .argument('<b>', dataHelp)
    .option('-c, --checkpoint <checkpoint>', 'also compare the features that this net gives')
    .option('--threshold <cosine>', 'features above this count as the same (default: 0.9)', cosine)
    .option(
      '--distance <bits>',
      'bits of 128 in which difference hashes may differ, 0 to 7',
      wholeNumber(0),
      5,
    )
    .addOption(mergeOption('front'))
    .option('--batch <n>', 'images embedded at once', wholeNumber(1), 64)
    .addHelpText(
      'after',
      examples(
        'normface data overlap casia.rec lfw.tar',
        'normface data overlap train/ test/ --checkpoint runs/normface-001 --threshold 0.8 --json',
      ),
    )
    .action(run(async () => (await import('./data-overlap.node.ts')).overlap));
};
