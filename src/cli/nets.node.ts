/** `normface nets`: which nets there are, and what their layers cost. */

import type { Command } from 'commander';
import { countText } from '../common/format.ts';
import type { Table } from '../common/table.ts';
import { formatTable } from '../common/table.ts';
import { describeNet, type NetDescription } from '../normface/nets/describe.ts';
import { nets } from '../normface/nets/index.ts';
import type { Net } from '../normface/nets/net.ts';
import { openNet } from '../normface/nets/net-file.node.ts';
import type { Context } from './context.node.ts';

export async function listNets(context: Context, named: string | undefined, options: NetsOptions) {
  if (named !== undefined) return sayLayers(context, openNet(named), options);
  const described = nets.map((net) => describe(net, options));
  context.say(formatTable(overview(described, options.batch)));
  return described.map(({ layers: _, ...summary }) => summary);
}

/** The layers of a net; with `--json` the net itself, as a file of it is. */
export async function showNet(context: Context, named: string, _: NetsOptions, command: Command) {
  const net = openNet(named);
  // The options are those of `normface nets`, too, which takes them wherever they stand.
  sayLayers(context, net, command.optsWithGlobals<NetsOptions>());
  return net;
}

function sayLayers(context: Context, net: Net, options: NetsOptions): Described {
  const described = describe(net, options);
  context.say(formatTable(layerTable(described)));
  return described;
}

function describe(net: Net, { size, batch }: NetsOptions): Described {
  const input = size === undefined ? net.input : [...size, net.input[2]];
  const description = describeNet(net, input);
  const activationBytes = 4 * batch * description.activations;
  return { net: net.name, input, batch, activationBytes, ...description };
}

interface NetsOptions {
  readonly size?: [height: number, width: number];
  readonly batch: number;
}

interface Described extends NetDescription {
  readonly net: Net['name'];
  readonly input: readonly number[];
  readonly batch: number;
  /** Of the outputs of all layers for a batch. */
  readonly activationBytes: number;
}

function overview(described: readonly Described[], batch: number): Table {
  return {
    columns: [
      { header: 'net' },
      { header: 'images' },
      { header: 'feature', align: 'right' },
      { header: 'parameters', align: 'right' },
      { header: 'GFLOP an image', align: 'right' },
      { header: `activations of ${batch}`, align: 'right' },
    ],
    rows: described.map(({ net, input, output, parameters, macs, activationBytes }) => [
      net,
      input.join('×'),
      output.join('×'),
      grouped(parameters),
      gigaflops(macs),
      megabytes(activationBytes),
    ]),
    notes: [
      'GFLOP: of the forward pass, two operations a multiply-accumulate; a training step takes three times as much',
      'activations: the outputs of all layers as f32; `normface train` names the memory of a whole step',
    ],
  };
}

function layerTable({ net, input, batch, layers, parameters, macs, activationBytes }: Described): Table {
  return {
    title: `${net} for images ${input.join('×')}`,
    columns: [
      { header: 'layer' },
      { header: 'kind' },
      { header: 'input' },
      { header: 'output' },
      { header: 'parameters', align: 'right' },
      { header: 'MMAC', align: 'right' },
    ],
    rows: layers.map((layer) => [
      layer.name,
      layer.kind,
      layer.input.join('×'),
      layer.output.join('×'),
      grouped(Object.values(layer.parameters).reduce((sum, count) => sum + count, 0)),
      (layer.macs / 1e6).toFixed(2),
    ]),
    notes: [
      `${grouped(parameters)} parameters, ${(macs / 1e6).toFixed(1)} million multiply-accumulates (${gigaflops(macs)} GFLOP) an image`,
      `the outputs of all layers for ${countText(batch, 'image')} take ${megabytes(activationBytes)}`,
    ],
  };
}

const gigaflops = (macs: number): string => ((2 * macs) / 1e9).toFixed(3);

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

/** 27536800 as 27,536,800. */
function grouped(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}
