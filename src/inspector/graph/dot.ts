/** The autograd graph as text in the DOT language of Graphviz. */

import { bytesText, countText, flopsText, shapeText } from '../../common/format.ts';
import { escapeMarkup } from '../../common/markup.ts';
import { type FamilyName, families, familyNames, familyOf } from '../profile/families.ts';
import { pictureColours as colours } from '../profile/picture-style.ts';
import {
  type AutogradGraph,
  type GraphLeaf,
  type GraphOperator,
  type GraphTensor,
  type GraphWork,
  totalWork,
} from './graph.ts';

export interface DotOptions {
  /** Draw parameters as nodes of their own instead of as lines in the nodes that use them. Default false. */
  readonly parameters?: boolean;
}

/** Among the fonts whose widths Graphviz knows, the widest: whatever a reader has fits into the boxes. */
const font = 'Verdana';

/** Families that do the work of a net: their nodes tell all about themselves, those of others take one line. */
const weighty: readonly FamilyName[] = ['convolution', 'product', 'loss'];

/** Data flows from top to bottom; a node for every operator call, an edge for every tensor that one hands to another. */
export function graphDot(graph: AutogradGraph, { parameters = false }: DotOptions = {}): string {
  const names = uniqueNames(graph);
  const tensors = new Map<number, GraphTensor>([
    ...graph.leaves.map((leaf) => [leaf.id, leaf] as const),
    ...graph.operators.map(({ id, output }) => [id, output] as const),
  ]);
  const leaves = new Map(graph.leaves.map((leaf) => [leaf.id, leaf]));
  const operators = new Map(graph.operators.map((operator) => [operator.id, operator]));
  const isDrawn = (id: number): boolean => parameters || (leaves.get(id)?.kind ?? 'input') === 'input';
  const edges = graph.operators.flatMap(({ id, inputs }) => {
    const latest = Math.max(...inputs.filter((input) => !isConstant(leaves.get(input))));
    return inputs.filter(isDrawn).map((input) => {
      const leaf = leaves.get(input);
      const producer = operators.get(input);
      const isRepeated = producer && !isWeighty(producer) && keepsShape(producer, tensors);
      return attributed(`${quoted(names.get(input)!)} -> ${quoted(names.get(id)!)}`, {
        // The space keeps it off the line.
        ...(isConstant(leaf) || isRepeated ? {} : { label: `  ${tensorText(tensors.get(input)!)}  ` }),
        // Nothing flows back along a dashed edge.
        ...(leaf && !leaf.learnt ? { style: 'dashed' } : {}),
        // The net runs straight down, past what hangs on it and what skips a part of it.
        ...(input === latest ? { weight: '20' } : {}),
      });
    });
  });
  return [
    `digraph ${quoted(graph.title)} {`,
    attributed('  graph', {
      label: html(headLabel(graph)),
      labelloc: 't',
      fontname: font,
      fontcolor: colours.ink,
      bgcolor: colours.paper,
      ranksep: '0.32',
      nodesep: '0.3',
      pad: '0.2',
    }),
    attributed('  node', {
      shape: 'box',
      style: 'filled,rounded',
      fontname: font,
      fontsize: '11',
      fontcolor: colours.ink,
      margin: '0.1,0.06',
      height: '0.3',
    }),
    attributed('  edge', {
      fontname: font,
      fontsize: '9',
      fontcolor: colours.soft,
      color: colours.strong,
      arrowsize: '0.6',
    }),
    ...graph.leaves.filter(({ id }) => isDrawn(id)).map((leaf) => `  ${leafNode(names.get(leaf.id)!, leaf)}`),
    ...graph.operators.map((operator) => {
      const folded = parameters ? [] : operator.inputs.flatMap((id) => leaves.get(id) ?? []);
      return `  ${operatorNode(names.get(operator.id)!, operator, folded)}`;
    }),
    ...edges.map((edge) => `  ${edge}`),
    '}',
    '',
  ].join('\n');
}

/** Whether this is what an operator uses, not what flows through it. */
function isConstant(leaf: GraphLeaf | undefined): boolean {
  return leaf !== undefined && leaf.kind !== 'input';
}

function isWeighty({ operator }: GraphOperator): boolean {
  return weighty.includes(familyOf(operator));
}

/** Whether the output is as large as the first input: the edge above says how large. */
function keepsShape({ inputs, output }: GraphOperator, tensors: ReadonlyMap<number, GraphTensor>): boolean {
  const input = tensors.get(inputs[0]!);
  return input !== undefined && shapeText(input.shape) === shapeText(output.shape);
}

/** What a node is called in the text: its layers, its parameter or its operator, with a number where that occurs again. */
function uniqueNames({ leaves, operators }: AutogradGraph): Map<number, string> {
  const wanted = [
    ...leaves.map(({ id, name }) => [id, name] as const),
    ...operators.map(({ id, layers, operator }) => [id, layers.join(' + ') || operator] as const),
  ];
  const counts = new Map<string, number>();
  return new Map(
    wanted.map(([id, name]) => {
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      return [id, count === 1 ? name : `${name} ${count}`];
    }),
  );
}

function headLabel(graph: AutogradGraph): string[] {
  const used = new Set(graph.operators.map(({ operator }) => familyOf(operator)));
  const legend = familyNames
    .filter((name) => used.has(name))
    .map((name) => `<font color="${families[name].light}">■</font> ${families[name].name}`);
  const passes = (['forward', 'backward'] as const).map(
    (pass) => `${pass} ${workText(totalWork(graph, pass))}`,
  );
  return [
    `<font point-size="15"><b>${escapeMarkup(graph.title)}</b></font>`,
    small(`${countText(graph.operators.length, 'operator call')} · ${passes.join(' · ')}`),
    '<font point-size="4"> </font>',
    `<font point-size="10">${legend.join(' &nbsp; ')}</font>`,
  ];
}

function operatorNode(name: string, operator: GraphOperator, folded: readonly GraphLeaf[]): string {
  const family = familyOf(operator.operator);
  const colour = families[family].light;
  return attributed(quoted(name), {
    color: colour,
    fillcolor: `${colour}1c`,
    label: html(isWeighty(operator) ? fullLabel(operator, folded) : [slimLabel(operator, folded)]),
    ...(isWeighty(operator) ? {} : { fontsize: '10', margin: '0.08,0.03', height: '0.22' }),
  });
}

function fullLabel(operator: GraphOperator, folded: readonly GraphLeaf[]): string[] {
  const { forward, backward } = operator;
  const parameters = parameterTexts(folded);
  return [
    nameOf(operator),
    ...(forward ? [small(`forward ${workText(forward)}`)] : []),
    ...(backward ? [small(`backward ${workText(backward)}`)] : []),
    ...(parameters.length > 0 ? [small(parameters.join(' · '))] : []),
  ];
}

/** A view has no work to tell of. */
function slimLabel(operator: GraphOperator, folded: readonly GraphLeaf[]): string {
  const { forward } = operator;
  const facts = [
    ...(forward && forward.flops > 0 ? [flopsText(forward.flops)] : []),
    ...parameterTexts(folded),
  ];
  return facts.length > 0 ? `${nameOf(operator)} &nbsp; ${small(facts.join(' · '))}` : nameOf(operator);
}

/** The layers in bold, and the operator. */
function nameOf({ layers, operator }: GraphOperator): string {
  const bold = `<b>${escapeMarkup(layers.join(' + ') || operator)}</b>`;
  return layers.length > 0 ? `${bold} &nbsp; ${escapeMarkup(operator)}` : bold;
}

function parameterTexts(folded: readonly GraphLeaf[]): string[] {
  return folded
    .filter(({ kind }) => kind === 'parameter')
    .map(({ name, shape }) => `${name.slice(name.indexOf('.') + 1)} ${shapeText(shape)}`);
}

function leafNode(name: string, leaf: GraphLeaf): string {
  const isParameter = leaf.kind === 'parameter';
  return attributed(quoted(name), {
    shape: isParameter ? 'box' : 'ellipse',
    style: leaf.learnt ? 'filled' : 'filled,dashed',
    color: colours.strong,
    fillcolor: colours.paper,
    fontsize: '9',
    margin: '0.07,0.03',
    height: '0.2',
    label: isParameter ? `${leaf.name} ${shapeText(leaf.shape)}` : leaf.name,
  });
}

/** `1.05 GFLOP, 12.3 MiB` */
function workText({ flops, bytes }: GraphWork): string {
  return `${flopsText(flops)}, ${bytesText(bytes)}`;
}

function tensorText({ shape, bytes }: GraphTensor): string {
  return `${shapeText(shape)}, ${bytesText(bytes)}`;
}

const small = (text: string): string =>
  `<font point-size="9" color="${colours.soft}">${escapeMarkup(text)}</font>`;

/** A label of several lines, each of them markup. */
function html(lines: readonly string[]): { readonly html: string } {
  const rows = lines.map((line) => `<tr><td align="left">${line}</td></tr>`);
  return {
    html: `<table border="0" cellborder="0" cellspacing="0" cellpadding="1">${rows.join('')}</table>`,
  };
}

function attributed(
  what: string,
  attributes: Readonly<Record<string, string | { readonly html: string }>>,
): string {
  const list = Object.entries(attributes).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? quoted(value) : `<${value.html}>`}`,
  );
  return `${what} [${list.join(' ')}];`;
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
