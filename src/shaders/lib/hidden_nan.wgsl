// NaNs that a maximum, a clamp or a comparison would hide: a run that diverged must show it in its loss.

// max(value, least), but a NaN stays one.
fn at_least(value: f32, least: f32) -> f32 { return select(value, least, value < least); }

// The value, or the NaN of a sum over what it was chosen from. Known by its bits: compilers may assume that there is none.
fn unless_nan(value: f32, witness: f32) -> f32 {
  return select(value, witness, (bitcast<u32>(witness) & 0x7fffffffu) > 0x7f800000u);
}
