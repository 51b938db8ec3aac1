/** Which value of a graph is the feature. */

import { oneLine } from '../../common/printable.ts';
import { nearestFirst } from '../../common/suggest.ts';
import { refusal } from './formats/refusal.ts';
import type { ModelGraph } from './model-file.ts';

/** Names that a sentence has room for. */
const listed = 20;

/**
 * The value that is the feature: the one that is named, by itself or by its node, or else the only output that follows from the images.
 *
 * @param output the name, where one was given
 * @param source what sentences call the file
 * @throws UserError where there is no such value, or it is not clear which
 */
export function featureOf(
  graph: ModelGraph,
  { output, source }: { readonly output?: string; readonly source: string },
): string {
  const { nodes } = graph;
  const following = followingFromImages(graph);
  const outputs = graph.outputs.filter((name) => following.has(name));
  if (output !== undefined) {
    const isValue = nodes.some((node) => node.output === output);
    const value = isValue ? output : nodes.find((node) => node.name === output)?.output;
    if (value !== undefined) return value;
    const layers = nodes.filter((node) => following.has(node.output)).map(({ name }) => name);
    const names = nearestFirst(output, [...new Set([...outputs, ...layers])]);
    throw refusal(`${source} has no value and no node "${output}"; it has ${listOf(names)}`);
  }
  // Where nothing follows from images, what is wrong with the graph is said of its first output.
  const [only, second] = outputs.length > 0 ? outputs : graph.outputs.slice(0, 1);
  if (only === undefined) throw refusal(`${source}: the graph has no output`);
  if (second !== undefined)
    throw refusal(
      `${source} has several outputs (${listOf(outputs)}); say which of them is the feature (--feature NAME)`,
    );
  return only;
}

/** Values that follow from the images: graphs for training have labels beside them. Images are inputs with a shape of three extents, or all where none has. */
function followingFromImages({ inputs, nodes }: ModelGraph): ReadonlySet<string> {
  const images = inputs.filter(({ shape }) => shape?.length === 3);
  const following = new Set((images.length > 0 ? images : inputs).map(({ name }) => name));
  for (const node of nodes) if (node.inputs.some((name) => following.has(name))) following.add(node.output);
  return following;
}

function listOf(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const shown = names.slice(0, listed).map(oneLine).join(', ');
  return names.length > listed ? `${shown} and ${names.length - listed} more` : shown;
}
