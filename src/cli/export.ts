/** Declaration of `normface export`. */

import { type AddCommand, examples, forceOption } from './command.ts';

export const addExport: AddCommand = (program, run) => {
  program
    .command('export')
    .description('write a trained net for other programs: an ONNX model, or PyTorch weights as safetensors')
    .argument('<checkpoint>', 'a run folder, a checkpoint folder or a weights file')
    .requiredOption('--to <file>', 'the file to write; its ending says the format: .onnx or .safetensors')
    .option('--include-preprocessing', 'the ONNX model takes pixels from 0 to 255 and scales them itself')
    .option('--include-normalise', 'the ONNX model gives features of unit length')
    .option('--fold-batch-norm', 'batch norms become part of the layers beside them where they can')
    .addOption(forceOption())
    .addHelpText(
      'after',
      '\nThe ONNX model takes float32 images [batch, channels, height, width] and gives float32 features [batch, length].\n' +
        examples(
          'normface export runs/normface-001 --to model.onnx',
          'normface export runs/normface-001 --to model.onnx --include-preprocessing --include-normalise --fold-batch-norm',
          'normface export weights.safetensors --to backbone.safetensors',
        ),
    )
    .action(run(async () => (await import('./export.node.ts')).exportNet));
};
