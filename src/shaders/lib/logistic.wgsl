// The logistic function and its integral, exact to a few roundings for arguments of any size and sign.

fn sigmoid(x: f32) -> f32 {
  let e = exp(-abs(x));
  return select(e, 1.0, x > 0.0) / (1.0 + e);
}

// log(1 + exp x)
fn softplus(x: f32) -> f32 {
  let e = exp(-abs(x));
  // Near 1 the logarithm has lost the digits of e.
  let log1p = select(log(1.0 + e), e * (1.0 - e * (0.5 - e / 3.0)), e < 0.02);
  return max(x, 0.0) + log1p;
}
