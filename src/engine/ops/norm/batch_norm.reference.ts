import { type ReferenceArray, referenceArray } from '../../core/operator.ts';

export function batchNormReference(
  x: ReferenceArray,
  gamma: ReferenceArray,
  beta: ReferenceArray,
  runningMean: ReferenceArray,
  runningVariance: ReferenceArray,
  { training = false, epsilon = 1e-5 },
): ReferenceArray {
  const channels = gamma.data.length;
  const y = referenceArray(x.shape);
  for (let channel = 0; channel < channels; channel++) {
    const values = x.data.filter((_, i) => i % channels === channel);
    const average = (numbers: Float64Array): number => numbers.reduce((a, b) => a + b, 0) / numbers.length;
    const mean = training ? average(values) : runningMean.data[channel]!;
    const variance = training ? average(values.map((v) => (v - mean) ** 2)) : runningVariance.data[channel]!;
    values.forEach((value, row) => {
      y.data[row * channels + channel] =
        (gamma.data[channel]! * (value - mean)) / Math.sqrt(variance + epsilon) + beta.data[channel]!;
    });
  }
  return y;
}
