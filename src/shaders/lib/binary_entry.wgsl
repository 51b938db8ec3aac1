// What one sample and one class add to SphereFace2's loss (Wen et al. 2022, equation 5), with g(c) = 2·((c + 1)/2)^T − 1:
//
//   own class  LAMBDA/R·log(1 + exp(−(R·(g(c) − MARGIN) + b)))
//   others     (1 − LAMBDA)/R·log(1 + exp(R·(g(c) + MARGIN) + b))
//
// slope is the derivative by c, bias_slope the one by b. With @if(detached) the slope takes g′ for 1, as implementations do that
// differentiate around g.
import package::lib::logistic::{sigmoid, softplus};
import constants::{LAMBDA, R, MARGIN, T};

struct Entry { value: f32, slope: f32, bias_slope: f32 }

fn binary_entry(c: f32, is_own: bool, bias: f32) -> Entry {
  // Above zero, of which the logarithm in pow has no value.
  let half = clamp(0.5 * (c + 1.0), 1e-30, 1.0);
  var sign = 1.0;
  var weight = (1.0 - LAMBDA) / R;
  if (is_own) { sign = -1.0; weight = LAMBDA / R; }
  let z = sign * (R * (2.0 * pow(half, T) - 1.0 + sign * MARGIN) + bias);
  let bias_slope = sign * weight * sigmoid(z);
  var slope = R * bias_slope;
  @if(!detached) { slope *= T * pow(half, T - 1.0); }
  return Entry(weight * softplus(z), slope, bias_slope);
}
