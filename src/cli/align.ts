/** Declaration of `normface align`. */

import { Option } from 'commander';
import { templateNames } from '../normface/alignment/template.ts';
import { type AddCommand, choiceOption, examples, wholeNumber } from './command.ts';

export const addAlign: AddCommand = (program, run) => {
  program
    .command('align')
    .description(
      'cut the faces out of photographs as nets want them: turned upright, eyes and mouth in their places',
    )
    .argument(
      '<photos...>',
      'photographs: image files, folders, archives (.tar, .tar.gz, .zip), of any depth',
    )
    .requiredOption('-o, --out <folder>', 'the folder for the crops, in the same tree')
    .addOption(
      choiceOption('--size <size>', 'height and width of the crops', templateNames).default('112x96'),
    )
    .addOption(
      choiceOption(
        '--fit <place>',
        'where distances are measured whose squares are made least (default: image for 112x96, crop for 112x112, as in the programs that these sizes are of)',
        ['image', 'crop'],
      ),
    )
    .option('--detector <name>', 'mtcnn or face-api, or where its files are (default: the one that is found)')
    .addOption(
      new Option(
        '--landmarks <file>',
        'take five points of each face from this list instead of a detector',
      ).conflicts('detector'),
    )
    .addOption(
      choiceOption('--count-from <n>', 'number that the list gives to the first pixel', ['0', '1']).default(
        '0',
      ),
    )
    .option('--min-face <pixels>', 'least side of a face that a detector found', wholeNumber(1), 40)
    .addOption(new Option('--all', 'every face, each in a file').conflicts(['largest', 'centre']))
    .addOption(
      new Option('--largest', 'the largest face of a photograph (default)').conflicts(['all', 'centre']),
    )
    .addOption(new Option('--centre', 'the face nearest to its middle').conflicts(['all', 'largest']))
    .addOption(choiceOption('--format <format>', 'of the crops', ['jpg', 'png']).default('jpg'))
    .option('--quality <n>', 'of JPEG files, from 1 to 100; below 90 with halved chroma', wholeNumber(1), 95)
    .option('--sheet <file.png>', 'the contact sheet (default: the name of the folder with .png)')
    .option('--force', 'make everything again, also where the folder holds crops of other settings')
    .addHelpText(
      'after',
      '\nBeside the crops lie landmarks.json, with the points of each face in pixels of the upright photograph, counted from 0, and\n' +
        'no-face.txt, which lists photographs without a face. The contact sheet shows the points. Called again, the command goes on where\n' +
        'it ended: photographs that have not changed since are not looked at again. Exit status 1 when no photograph has a face.\n\n' +
        'A list has a line for each face, separated by tabs, commas or spaces: path x1 y1 … x5 y5 (also with the class after the path, and\n' +
        "CelebA's with its two lines of header), a line of insightface's .lst, or it is a landmarks.json. Points are left eye, right eye,\n" +
        'nose, left and right corner of the mouth as the viewer sees them. MATLAB counts pixels from 1.\n' +
        examples(
          'normface align photos/ --out aligned',
          'normface align holiday.zip more/ --out aligned --size 112x112 --all --min-face 60',
          'normface align lfw.tar --out lfw-112x96 --landmarks landmarks.txt --count-from 1 --quality 75',
        ),
    )
    .action(run(async () => (await import('./align.node.ts')).align));
};
