import { check, formatShape } from '../../../engine/core/errors.ts';
import { type AnyLayer, forwardAll, type LayerKind } from '../layer.ts';
import { layerList } from '../setting.ts';

/** shortcut(x) + layers(x), which must have one shape (He et al. 2015, arXiv 1512.03385, equations 1 and 2). */
export interface ResidualLayer<Layer = AnyLayer> {
  readonly kind: 'residual';
  readonly name: string;
  readonly layers: readonly Layer[];
  /** What becomes of x before the sum, such as a convolution of 1×1 pixels where the shape changes. Default: x itself. */
  readonly shortcut?: readonly Layer[];
}

export const residual: LayerKind<ResidualLayer> = {
  required: { layers: layerList },
  optional: { shortcut: layerList },
  plan({ layers, shortcut = [] }, input, planSequence) {
    const main = planSequence(layers, input, 'layers');
    const beside = planSequence(shortcut, input, 'shortcut');
    const output = main.at(-1)?.output ?? input;
    const added = beside.at(-1)?.output ?? input;
    check(formatShape(output) === formatShape(added), 'residual', () =>
      shortcut.length === 0
        ? `its layers turn ${formatShape(input)} into ${formatShape(output)}, which cannot be added; give it a shortcut that does so too`
        : `its layers turn ${formatShape(input)} into ${formatShape(output)}, its shortcut into ${formatShape(added)}: they cannot be added`,
    );
    return {
      output,
      macs: 0,
      parameters: [],
      inner: [...beside, ...main],
      forward: (x, parameters, mode) =>
        forwardAll(main, x, parameters, mode, forwardAll(beside, x, parameters, mode)),
    };
  },
};
