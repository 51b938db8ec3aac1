import type { Parameters } from '../../engine/core/parameters.ts';
import type { Tensor } from '../../engine/core/tensor.ts';
import type { Margin } from '../../engine/ops/heads/margin.ts';
import { marginSoftmaxHead } from '../../engine/ops/heads/margin_softmax_loss.ts';
import { Agents } from './agents.ts';
import type { HeadContext, LossHead, LossSettings } from './loss.ts';

interface MarginHeadOptions {
  /** Or what makes it, where it keeps something from step to step. */
  readonly margin: Margin | ((parameters: Parameters) => Margin);
  readonly scale: (parameters: Parameters) => { readonly scale: Tensor | number; readonly floor?: number };
  readonly normaliseFeatures?: boolean;
}

/** What the heads of all margin losses have: agents, and the softmax over their cosines with a margin. */
export function marginHead(
  config: ConstructorParameters<typeof Agents>[0] & Pick<LossSettings, 'labelSmoothing'>,
  context: HeadContext,
  { margin, scale, ...options }: MarginHeadOptions,
): Pick<LossHead, 'declarations' | 'subsets' | 'reusable' | 'apply'> {
  const agents = new Agents(config, context);
  return {
    declarations: agents.declarations,
    subsets: agents.subsets,
    reusable: [agents.name],
    apply: (features, labels, parameters) => {
      const { weights, normaliseWeights } = agents.ready(parameters);
      return marginSoftmaxHead(features, weights, labels, {
        ...options,
        margin: typeof margin === 'function' ? margin(parameters) : margin,
        ...scale(parameters),
        normaliseWeights,
        classesInUse: context.sampling?.count,
        shard: context.shard,
        labelSmoothing: config.labelSmoothing,
      });
    },
  };
}
