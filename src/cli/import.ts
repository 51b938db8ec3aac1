/** Declaration of `normface import`. */

import { InvalidArgumentError } from 'commander';
import { type AddCommand, examples, finiteNumber, imageSize, netOption } from './command.ts';

export const addImport: AddCommand = (program, run) => {
  program
    .command('import')
    .description("make a net of another program's file: Caffe, PyTorch, safetensors, ONNX, face-api")
    .argument('<model>', 'the file, or a folder with the manifest of a net of face-api')
    .requiredOption('--to <folder>', 'the folder to make, which is then a run like one of `normface train`')
    .addOption(netOption())
    .option(
      '--map <file>',
      'a JSON file that says which tensor is which: {"conv1": "features.0", "conv1.bias": "b"}',
    )
    .option('--feature <name>', 'the layer or value whose numbers are the feature (default: the only output)')
    .option(
      '--image-size <HxW>',
      'height and width of the images, where the file does not fix them',
      imageSize,
    )
    .option(
      '--pixels <mean:divisor>',
      'what becomes of a byte, (byte − mean) / divisor, such as 127.5:128, where the file does not say it',
      pixels,
    )
    .option(
      '--blue-first',
      "the file's net gets blue before green before red, as those of Caffe's and OpenCV's tools",
    )
    .option('--check <image>', 'print the feature of an image')
    .addHelpText(
      'after',
      '\nThe format is told by the content of the file. Caffe and ONNX files hold the net; the others hold tensors only and take --net.\n' +
        'Tensors are matched by name, or else in their order by kind and shape. What was not used is listed.\n' +
        examples(
          'normface import w600k_r50.onnx --to runs/w600k --pixels 127.5:127.5 --check face.jpg',
          'normface import face_model.caffemodel --to runs/caffe --feature fc5 --image-size 112x96 --blue-first',
          'normface import backbone.pth --to runs/arcface --net iresnet-50',
          'normface eval runs/w600k --data lfw.tar --pairs pairs.txt',
        ),
    )
    .action(run(async () => (await import('./import.node.ts')).importNet));
};

/** Reads `127.5:128`. */
function pixels(text: string): { mean: number; scale: number } {
  const [mean, divisor, ...more] = text.split(':').map(finiteNumber);
  if (mean === undefined || divisor === undefined || divisor === 0 || more.length > 0)
    throw new InvalidArgumentError('Give a mean and a divisor, such as 127.5:128.');
  return { mean, scale: 1 / divisor };
}
