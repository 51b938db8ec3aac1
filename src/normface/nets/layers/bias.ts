import type { LayerParameter } from '../layer.ts';

/**
 * The bias of a layer, if it has one: learns twice as fast as weights and does not decay, as in docs/reference.md#center-face-resnet.
 *
 * @param bias whether there is one, or what it starts from
 */
export function biasParameter(
  layer: string,
  length: number,
  bias: boolean | number = true,
): LayerParameter | null {
  if (bias === false) return null;
  return {
    name: `${layer}.bias`,
    shape: [length],
    initial: { constant: Number(bias === true ? 0 : bias) },
    fanIn: 1,
    learningRateMultiplier: 2,
    decayMultiplier: 0,
  };
}
