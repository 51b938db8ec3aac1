// Norms of rows, r = √(Σ x² + EPSILON), of any magnitude: the numbers are multiplied by a power of two, which is exact, so that
// their squares neither overflow nor vanish (Blue 1978, doi 10.1145/355769.355771).
//
//   1/r = k·inverse_root(Σ (k·x)²),   k about 1/max(|x|, √EPSILON)
import constants::EPSILON;

const root_epsilon = sqrt(f32(EPSILON));

// k of a row whose largest magnitude is known: 2^-e for numbers from 2^e on, by their bits. Powers of two from 2^-126 to 2^126 have
// an inverse that is a normal number.
fn row_factor(largest: f32) -> f32 {
  let power = bitcast<u32>(max(largest, root_epsilon)) & 0x7f800000u;
  return bitcast<f32>(0x7f000000u - clamp(power, 0x00800000u, 0x7e800000u));
}

// 1/(k·r) from Σ (k·x)²; 0 for a row of zeros without ε, which then stays one.
fn inverse_root(squares: f32, factor: f32) -> f32 {
  let scaled_epsilon = factor * root_epsilon;
  let sum = squares + scaled_epsilon * scaled_epsilon;
  return select(1.0 / sqrt(sum), 0.0, sum == 0.0);
}
