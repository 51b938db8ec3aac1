/** Declaration of `normface data`. */

import { type AddCommand, examples, wholeNumber } from './command.ts';

const dataHelp =
  'a folder identity/image.jpg, an archive of one (.tar, .tar.gz, .zip), a folder of MNIST or mnist:FOLDER,first=0,count=8000, or ' +
  'generated:identities=200,samples=20,seed=1';

export const addData: AddCommand = (program, run) => {
  const data = program.command('data').description('look at a data set: preview, info, check');
  data
    .command('preview')
    .description('write a contact sheet of some people of a data set as a PNG file')
    .argument('[data]', dataHelp, 'generated')
    .option('-o, --out <file.png>', 'the file to write', 'preview.png')
    .option('--rows <n>', 'people shown, one a row', wholeNumber(1), 8)
    .option('--columns <n>', 'images of each', wholeNumber(1), 8)
    .option('--seed <n>', 'decides who is shown', wholeNumber(0), 0)
    .addHelpText(
      'after',
      examples(
        'normface data preview',
        'normface data preview generated:seed=7 --rows 4',
        'normface data preview faces.tar --out faces.png',
      ),
    )
    .action(run(async () => (await import('./data.node.ts')).preview));
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
};
