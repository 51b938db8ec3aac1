/** `normface graph`: the autograd graph of a net and its loss, as a table and as a picture. */

import path from 'node:path';
import { UsageError } from '../common/errors.ts';
import { replaceFile } from '../common/files.node.ts';
import { grouped } from '../common/format.ts';
import { formatTable } from '../common/table.ts';
import { graphDot } from '../inspector/graph/dot.ts';
import type { AutogradGraph } from '../inspector/graph/graph.ts';
import { graphSvg } from '../inspector/graph/svg.node.ts';
import { graphTable } from '../inspector/graph/table.ts';
import { traceGraph } from '../inspector/graph/trace-graph.ts';
import { netOf } from '../normface/nets/index.ts';
import { resolveConfig } from '../normface/training/config/resolve-config.node.ts';
import { Objective } from '../normface/training/objective.ts';
import { openTrainingData } from '../normface/training/training-data.node.ts';
import type { Context } from './context.node.ts';
import { checkNewFile } from './output-file.node.ts';

interface GraphOptions {
  readonly net?: string;
  readonly loss?: string;
  readonly batch?: number;
  readonly classes?: number;
  readonly set: string[];
  readonly out?: string;
  readonly parameters?: boolean;
  readonly force?: boolean;
}

export async function graph(context: Context, file: string | undefined, options: GraphOptions) {
  const { net, loss, batch: batchSize, classes: given, set, out, parameters = false } = options;
  const kind = out === undefined ? null : path.extname(out).toLowerCase();
  if (kind !== null && kind !== '.svg' && kind !== '.dot')
    throw new UsageError(`--out ${out}: the name must end in .svg or .dot`);
  if (out !== undefined) checkNewFile(out, options.force, file === undefined ? [] : [file]);
  const flags = {
    ...(net !== undefined && { net }),
    ...(loss !== undefined && { loss: { name: loss } }),
    ...(batchSize !== undefined && { batchSize }),
  };
  const { config } = resolveConfig({ file, flags, set });
  const classes = given ?? (await openTrainingData(config)).dataset.identities.length;
  const device = await context.openDevice();
  const objective = new Objective(device, config, classes);
  const { parameters: all } = objective;
  const names = new Map(all.names.map((name) => [all.get(name), name]));
  const losses = [config.loss, ...(config.auxiliaryLoss ? [config.auxiliaryLoss] : [])].map(
    ({ name }) => name,
  );
  const title = `${netOf(config.net).name}, batch ${config.batchSize}, ${losses.join(' + ')}, ${grouped(classes)} people`;
  const traced = traceGraph(
    device,
    title,
    () => objective.forward().loss,
    (tensor) => names.get(tensor),
  );
  objective.dispose();
  context.say(formatTable(graphTable(traced)));
  if (out !== undefined) {
    replaceFile(out, await draw(traced, kind === '.svg', parameters));
    context.say(`wrote   ${out}`);
  }
  return { event: 'result', ...(out !== undefined && { file: out }), ...traced };
}

async function draw(traced: AutogradGraph, asSvg: boolean, parameters: boolean): Promise<string> {
  const dot = graphDot(traced, { parameters });
  return asSvg ? await graphSvg(dot) : dot;
}
