/** A graph as layers inside layers: chains of nodes, and nodes that join chains which begin at one value. */

import { AncestorTree } from './ancestor-tree.ts';
import { refusal } from './formats/refusal.ts';
import type { ModelGraph, ModelNode } from './model-file.ts';

/** A node in a chain; of a node with several inputs the chains that lead to them, all from the value before this part. */
export interface Part {
  readonly node: ModelNode;
  /** Empty for a node with one input. An empty chain is the value itself. */
  readonly branches: readonly (readonly Part[])[];
}

export interface GraphParts {
  /** The graph's input that the chain begins at. */
  readonly input: string;
  readonly parts: readonly Part[];
}

/** For the sentence about what is not. */
const supported =
  'what is: convolution, fully connected, batch norm, scale and shift, PReLU, ReLU, sigmoid, max and average pooling, flattening, sums, ' +
  'channels side by side, the maximum of parts of the channels, squeeze and excitation, and at the end softmax and unit length';

/** Joins within joins; deeper ones than any net has would exhaust the stack. */
const deepest = 64;

/**
 * Takes a graph apart that is made of chains and of joins of chains. Where a join's chains begin is its immediate dominator: the last
 * value that every path from the input to it passes (in a graph without cycles the nearest common ancestor of its inputs in the tree
 * of dominators; Cooper, Harvey and Kennedy 2001, "A Simple, Fast Dominance Algorithm", section 3).
 *
 * @param output the value that the last part gives
 * @param source what sentences call the file
 * @throws UserError where nodes are connected in another way
 */
export function partsOf(graph: ModelGraph, output: string, source: string): GraphParts {
  const fail = (reason: string): never => {
    throw refusal(`${source}: ${reason}`);
  };
  const producers = new Map<string, ModelNode>();
  for (const node of graph.nodes) {
    if (producers.has(node.output)) fail(`two nodes give the value "${node.output}"`);
    producers.set(node.output, node);
  }
  const needed = ancestors(output, producers);
  const inputs = graph.inputs.map(({ name }) => name).filter((name) => needed.has(name));
  const [input, second] = inputs;
  if (input === undefined) return fail(`"${output}" does not follow from an input of the graph`);
  if (second !== undefined)
    fail(
      `"${output}" follows from several inputs (${inputs.join(', ')}); a net here has one: name a value before they meet (--feature NAME)`,
    );

  const dominators = new AncestorTree(input);
  for (const node of graph.nodes) {
    if (!needed.has(node.output) || node.output === input) continue;
    if (node.operation.kind === 'unsupported') {
      const { type, settings } = node.operation;
      fail(
        `the node "${node.name}" (${settings === '' ? type : `${type}, ${settings}`}) is not supported; ${supported}`,
      );
    }
    const missing = node.inputs.find((value) => !dominators.has(value));
    if (missing !== undefined || node.inputs.length === 0)
      fail(
        `the node "${node.name}" reads the value "${missing ?? ''}", which no node before it gives: it is missing, or nodes form a cycle`,
      );
    dominators.add(node.output, dominators.common(node.inputs));
  }
  if (!dominators.has(output)) fail(`there is no value "${output}"`);

  const used = new Set<ModelNode>();
  const chain = (from: string, to: string, level: number): Part[] => {
    if (level > deepest) fail(`branches lie within branches more than ${deepest} deep`);
    const parts: Part[] = [];
    for (let value = to; value !== from; ) {
      const node = producers.get(value)!;
      if (used.has(node))
        fail(
          `what the node "${node.name}" gives is used in several places that do not meet again in one sum or one list of channels; ` +
            'nets here are chains, residuals, and branches from one value that are joined',
        );
      used.add(node);
      const before = dominators.parent(value);
      const branches = node.inputs.length > 1 ? node.inputs.map((end) => chain(before, end, level + 1)) : [];
      parts.push({ node, branches });
      value = before;
    }
    return parts.reverse();
  };
  return { input, parts: chain(input, output, 0) };
}

/** The value and all values that it follows from. */
function ancestors(value: string, producers: ReadonlyMap<string, ModelNode>): Set<string> {
  const found = new Set([value]);
  // A set gives what is added while it is walked through, too.
  for (const known of found) for (const input of producers.get(known)?.inputs ?? []) found.add(input);
  return found;
}
