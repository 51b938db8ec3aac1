/** Somebody else's net as one of this program's: layers, and the values of their parameters. */

import { UserError } from '../../common/errors.ts';
import type { ParameterDeclaration } from '../../engine/core/parameters.ts';
import { buildNet } from '../nets/build.ts';
import { checkNet } from '../nets/check-net.ts';
import type { Net } from '../nets/net.ts';
import { blueFirst } from './blue-first.ts';
import { checkFinite } from './finite.ts';
import { refusal } from './formats/refusal.ts';
import { netOfGraph } from './graph-net.ts';
import { type MatchedNet, matchTensors, type TensorMap } from './match-tensors.ts';
import type { ModelFile } from './model-file.ts';

/** What becomes of a model file, and what is known of it that it does not say itself. */
export interface ImportOptions {
  /** What sentences call the file. */
  readonly source: string;
  /** What a net is called that comes from the file's own graph. */
  readonly name: string;
  /** The net to fill. Default: the file's own, where it stores a graph. */
  readonly net?: Net;
  readonly map?: TensorMap;
  /** [height, width] of the images, where the net can have several. */
  readonly imageSize?: readonly [number, number];
  /** The node or value of the file's graph that is the feature. Default: its only output. */
  readonly feature?: string;
  /** What becomes of a byte, where it is known better than from the file. */
  readonly pixels?: Net['pixels'];
  /** Whether the file's net gets blue before green before red. */
  readonly blueFirst?: boolean;
}

/** A net that can be used, with what is to be said about the way it was made. */
export type ImportedNet = MatchedNet;

/**
 * Makes a net of a model file: of its own graph, or, with `net`, of its tensors.
 *
 * @throws UserError with the layer or tensor at which it fails, or the tensors whose numbers are not all finite
 */
export function importModel(file: ModelFile, options: ImportOptions): ImportedNet {
  const { source, net, map } = options;
  if (!net && !file.graph)
    throw refusal(
      `${source} stores tensors without the net that they belong to: name it with --net (a name that \`normface nets\` lists, or a file)`,
    );
  if (!net && map) throw refusal('--map says which tensor is which of a net: name that net with --net');
  if (net && options.feature !== undefined)
    throw refusal(
      '--feature chooses in the graph of the file, --net takes its tensors alone: give one of them',
    );
  const made = net ? matchTensors(file, sized(net, options), source, map) : ofGraph(file, options);
  const turned = options.blueFirst ? blueFirst(made, source) : made;
  for (const { name, shape } of declarationsOf(turned.net, source)) {
    const size = shape.reduce((product, extent) => product * extent, 1);
    if (turned.values.get(name)?.length !== size)
      throw refusal(`${source}: "${name}" has ${turned.values.get(name)?.length ?? 0} numbers, not ${size}`);
  }
  checkFinite(turned.values, source);
  return {
    ...turned,
    remarks: [...turned.remarks, ...aboutFile(file, turned.net, options)],
  };
}

/** The parameters of a net that was made of a file. @throws UserError that names the file where it is no net, or ends in an image */
function declarationsOf(net: Net, source: string): readonly ParameterDeclaration[] {
  try {
    checkNet(net, 'the net that it makes');
    return buildNet(net, net.input, 0).declarations;
  } catch (error) {
    throw error instanceof UserError ? refusal(`${source}: ${error.message}`) : error;
  }
}

function ofGraph(file: ModelFile, options: ImportOptions): ImportedNet {
  const { source, name, feature, imageSize } = options;
  const pixels = options.pixels ?? pixelsOf(file);
  const made = netOfGraph(file.graph!, file.tensors, {
    name,
    source,
    ...(feature !== undefined && { output: feature }),
    ...(imageSize && { input: imageSize }),
    ...(pixels && { pixels }),
  });
  const [height, width] = made.net.input;
  if (imageSize && (imageSize[0] !== height || imageSize[1] !== width))
    throw refusal(`${source} is for images of ${height}×${width}, which its file fixes`);
  return made;
}

/** A net of another size of images or range of numbers. */
function sized(net: Net, { imageSize, pixels }: ImportOptions): Net {
  const [, , channels] = net.input;
  return {
    ...net,
    ...(imageSize && { input: [...imageSize, channels] as const }),
    ...(pixels && { pixels }),
  };
}

/** The range of numbers that a file of Caffe's tells with its layer of data. */
function pixelsOf({ metadata }: ModelFile): Net['pixels'] {
  const mean = Number(metadata?.mean ?? 0);
  const scale = Number(metadata?.scale ?? 1);
  const isTold = metadata?.mean !== undefined || metadata?.scale !== undefined;
  return isTold && Number.isFinite(mean) && Number.isFinite(scale) && scale !== 0
    ? { mean, scale }
    : undefined;
}

/** What the file says that the net does not take. */
function aboutFile({ format, metadata }: ModelFile, net: Net, options: ImportOptions): string[] {
  const remarks: string[] = [];
  if (metadata?.part) remarks.push(`the tensors are those of "${metadata.part}"`);
  if (metadata?.leftOut) remarks.push(`left out: ${metadata.leftOut}`);
  if (metadata?.mean?.includes(',') && !options.pixels)
    remarks.push(
      `the file subtracts a number from each channel (${metadata.mean}), a net here one from all: say which with --pixels`,
    );
  if (format === 'caffe' && net.input[2] === 3 && !options.blueFirst)
    remarks.push(
      "Caffe's own tools give a net blue before green before red; if this one was trained so, --blue-first says it",
    );
  return remarks;
}
