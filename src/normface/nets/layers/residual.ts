import { check, formatShape } from '../../../engine/core/errors.ts';
import { forwardAll, type PlannedLayer, type PlanSequence, type SampleShape } from '../layer.ts';

/** x + layers(x). The layers must keep the shape. */
export interface ResidualLayer<Layer> {
  readonly kind: 'residual';
  readonly name: string;
  readonly layers: readonly Layer[];
}

export function planResidual<Layer>(
  { layers }: ResidualLayer<Layer>,
  input: SampleShape,
  planSequence: PlanSequence<Layer>,
): PlannedLayer {
  const inner = planSequence(layers, input);
  const output = inner.at(-1)?.output ?? input;
  check(
    formatShape(output) === formatShape(input),
    'residual',
    () => `its layers turn ${formatShape(input)} into ${formatShape(output)}, which cannot be added`,
  );
  return {
    output,
    macs: 0,
    parameters: [],
    inner,
    forward: (x, parameters, mode) => forwardAll(inner, x, parameters, mode, x),
  };
}
