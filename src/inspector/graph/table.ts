/** The autograd graph for the terminal. */

import { bytesText, countText, flopsText, grouped, shapeText } from '../../common/format.ts';
import type { Table } from '../../common/table.ts';
import { elementCount } from '../../engine/core/shape.ts';
import { type AutogradGraph, type GraphRest, type GraphWork, totalWork } from './graph.ts';

const right = 'right' as const;

/** One row an operator call, in order, and the sum over all and over what the graph does not show. */
export function graphTable(graph: AutogradGraph): Table {
  const parameters = new Map(
    graph.leaves.filter(({ kind }) => kind === 'parameter').map(({ id, shape }) => [id, elementCount(shape)]),
  );
  const [forward, backward] = [totalWork(graph, 'forward'), totalWork(graph, 'backward')];
  const outputBytes = graph.operators.reduce(
    (sum, { output, forward }) => sum + (forward ? output.bytes : 0),
    0,
  );
  return {
    title: graph.title,
    columns: [
      { header: 'layer' },
      { header: 'operator' },
      { header: 'output' },
      { header: 'bytes', align: right },
      { header: 'parameters', align: right },
      { header: 'forward', align: right },
      { header: 'moved', align: right },
      { header: 'backward', align: right },
      { header: 'moved', align: right },
    ],
    rows: [
      ...graph.operators.map(({ operator, layers, output, inputs, forward, backward }) => [
        layers.join(' + '),
        operator,
        shapeText(output.shape),
        forward ? bytesText(output.bytes) : 'view',
        countOf(inputs.reduce((sum, id) => sum + (parameters.get(id) ?? 0), 0)),
        ...workCells(forward),
        ...workCells(backward),
      ]),
      ...graph.rest.map((part) => ['', part.operator, '', '', '', ...restCells(part)]),
      [
        'all',
        countText(graph.operators.length, 'call'),
        '',
        bytesText(outputBytes),
        countOf([...parameters.values()].reduce((sum, count) => sum + count, 0)),
        ...workCells(forward),
        ...workCells(backward),
      ],
    ],
    notes: [
      'forward, backward: arithmetic as the kernels that were chosen do it, two operations a multiply-add',
      'moved: memory that their dispatches read and write at least',
      ...(graph.rest.length > 0
        ? ['rows without an output are work beside the graph, such as sums of gradients where paths meet']
        : []),
    ],
  };
}

const countOf = (count: number): string => (count === 0 ? '' : grouped(count));

function workCells(work: GraphWork | null): string[] {
  return work ? [flopsText(work.flops), bytesText(work.bytes)] : ['', ''];
}

function restCells(part: GraphRest): string[] {
  return part.pass === 'forward' ? [...workCells(part), '', ''] : ['', '', ...workCells(part)];
}
