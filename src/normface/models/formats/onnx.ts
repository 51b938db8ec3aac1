/** ONNX models: Protocol Buffers of a graph with its weights (Open Neural Network Exchange, onnx.ai). */

import type { ModelFile, ModelGraph } from '../model-file.ts';
import { isOnnx, type OnnxModel, type OnnxNode, readModel } from './onnx/model.ts';
import { operators } from './onnx/operators.ts';
import { Translation } from './onnx/translation.ts';
import { refusal } from './refusal.ts';

/**
 * Reads a model for features of images. Constants are folded: what follows from weights alone is a tensor of the result. Operators that
 * there is no word for are kept as `unsupported`, so that a head behind the feature may have any.
 *
 * @param source what sentences call the file
 * @throws UserError where the bytes are no ONNX model, or in a node's sentence where its settings have no equal here
 */
export function readOnnx(bytes: Uint8Array, source: string): ModelFile {
  const model = readModel(bytes, source);
  const translation = new Translation(model, source, bytes.length);
  const inputs = imagesOf(model, translation);
  for (const node of model.nodes) translate(translation, node);
  const outputs = model.outputs.map(({ name }) => {
    if (!translation.has(name)) throw refusal(`${source}: no node gives the output "${name}"`);
    const slot = translation.slot(endOf(name), name);
    return slot.kind === 'value' ? translation.plain(endOf(name), slot).value : name;
  });
  return {
    format: 'onnx',
    tensors: translation.tensors,
    graph: { inputs, outputs, nodes: translation.nodes },
    metadata: { ...Object.fromEntries(model.metadata), ...pixelsOf(model.metadata) },
  };
}

/** In the words that other formats' readers use, (byte − mean)·scale, where a model that this program exported leaves that to its caller. */
function pixelsOf(metadata: ReadonlyMap<string, string>): { mean?: string; scale?: string } {
  const [mean, scale] = [metadata.get('pixelMean'), metadata.get('pixelScale')];
  const isScaled = metadata.get('pixels') === '0 to 255';
  return isScaled || mean === undefined || scale === undefined ? {} : { mean, scale };
}

/** Inputs that are not stored: images. Older files list their weights among the inputs. */
function imagesOf(model: OnnxModel, translation: Translation): ModelGraph['inputs'] {
  return model.inputs
    .filter(({ name }) => !translation.has(name))
    .map(({ name, shape }) => {
      const [, ...extents] = shape ?? [];
      const rank = shape?.length;
      const isLast = rank === 4 && isColour(extents[2]) && !isColour(extents[0]);
      const channels = isLast ? extents[2] : extents[0];
      translation.set(name, {
        kind: 'value',
        value: name,
        ...(rank !== undefined && { rank }),
        ...(channels && { channels }),
        ...(isLast && { channelsLast: true }),
      });
      if (!shape) return { name };
      const [height, width] = extents;
      return { name, shape: isLast ? [channels!, height!, width!] : extents };
    });
}

const isColour = (extent: number | undefined): boolean => extent === 1 || extent === 3;

function translate(translation: Translation, node: OnnxNode): void {
  const { operator, domain, outputs } = node;
  if (/^(QLinear|Quantize|Dequantize|DynamicQuantize)|Integer$/.test(operator))
    translation.fail(node, 'the model is quantised, which is not supported; export it with float32 numbers');
  const known = isOnnx(domain) && Object.hasOwn(operators, operator) ? operators[operator] : undefined;
  for (const output of outputs)
    if (translation.has(output)) translation.fail(node, `it gives "${output}", which is there already`);
  if (known) {
    known(translation, node);
    return;
  }
  const inputs = node.inputs
    .filter((name) => name !== '')
    .map((name) => translation.slot(node, name))
    .flatMap((slot) => (slot.kind === 'value' ? [slot] : slot.kind === 'constant' ? [] : [slot.of]));
  const type = isOnnx(domain) ? operator : `${domain}.${operator}`;
  const settings = settingsOf(node);
  for (const output of outputs.filter((name) => name !== ''))
    translation.emit(node, { kind: 'unsupported', type, settings }, inputs, {}, output);
}

/** "axis 1, mode linear". */
function settingsOf({ attributes }: OnnxNode): string {
  return [...attributes]
    .map(
      ([name, { int, float, text, ints }]) =>
        `${name} ${ints.length > 0 ? ints.join('×') : text || float || int}`,
    )
    .join(', ')
    .slice(0, 200);
}

/** Stands for the end of the graph in sentences about an output. */
const endOf = (name: string): OnnxNode => ({
  name,
  operator: 'output',
  domain: '',
  inputs: [name],
  outputs: [],
  attributes: new Map(),
});
