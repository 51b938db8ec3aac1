/** `normface nets`: which nets there are, and what their layers cost. */

import type { Table } from '../evaluation/table.ts';
import { formatTable } from '../evaluation/table.ts';
import { describeNet, type NetDescription } from '../nets/describe.ts';
import { findNet, nets } from '../nets/index.ts';
import type { Net } from '../nets/net.ts';
import { type AddCommand, examples, imageSize } from './command.ts';
import type { Context } from './context.node.ts';

export const addNets: AddCommand = (program, run) => {
  program
    .command('nets')
    .description('list the nets, or the layers of one')
    .argument('[net]', 'name of a net')
    .option(
      '--size <HxW>',
      'height and width of the images (default: those the net was designed for)',
      imageSize,
    )
    .addHelpText(
      'after',
      examples('normface nets', 'normface nets small', 'normface nets small --size 64x64'),
    )
    .action(
      run(async (context: Context, name: string | undefined, { size }: { size?: [number, number] }) => {
        const described = (name === undefined ? nets : [findNet(name)]).map((net) => {
          const input = size === undefined ? net.input : [...size, net.input[2]];
          return { net: net.name, input, ...describeNet(net, input) };
        });
        context.say(formatTable(name === undefined ? overview(described) : layerTable(described[0])));
        return name === undefined ? described.map(({ layers: _, ...summary }) => summary) : described[0];
      }),
    );
};

type Described = NetDescription & { readonly net: Net['name']; readonly input: readonly number[] };

function overview(described: readonly Described[]): Table {
  return {
    columns: [
      { header: 'net' },
      { header: 'images' },
      { header: 'feature', align: 'right' },
      { header: 'parameters', align: 'right' },
      { header: 'MMAC an image', align: 'right' },
    ],
    rows: described.map(({ net, input, output, parameters, macs }) => [
      net,
      input.join('×'),
      output.join('×'),
      grouped(parameters),
      (macs / 1e6).toFixed(1),
    ]),
  };
}

function layerTable({ net, input, layers, parameters, macs }: Described): Table {
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
      `${grouped(parameters)} parameters, ${(macs / 1e6).toFixed(1)} million multiply-accumulates an image`,
    ],
  };
}

/** 27536800 as 27,536,800. */
function grouped(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}
