import source from '../../../shaders/heads/curricular_samples.wesl';
import { Tensor } from '../../core/tensor.ts';
import { defaultMomentum, type Margin } from './margin.ts';

const samplesKernel = { name: 'curricular_samples', source };

/** Completes what CurricularFace knows of every sample, [n] Sample with the gaps of all ranks' classes, and moves its t where that is a tensor. */
export function followCurriculum(
  samples: Tensor,
  { margin, t, momentum = defaultMomentum }: Extract<Margin, { kind: 'curricular' }>,
): void {
  const { device, bytes } = samples;
  const n = samples.shape[0]!;
  const moving = t instanceof Tensor;
  device.dispatch({
    kernel: samplesKernel,
    constants: { SAMPLES: n, MARGIN: margin, KEPT: momentum, WORKGROUP: device.report.software ? 32 : 256 },
    conditions: { curricular: true, moving },
    bindings: { samples, t: moving ? t : device.constant(t, [1]) },
    grid: [1, 1, 1],
    cost: { flops: 16 * n, bytes: 2 * bytes },
  });
}
