// Negative entry of an agent loss, between a sample and the agent of another class at distance D.
//
//   WEIGHT·max(0, reach − D), or WEIGHT·exp(−D) where D < reach with @if(exponential)
//
// with a reach of margin for C-contrastive (NormFace equation 10), and of margin + D_own for C-triplet (equation 11).
import constants::WEIGHT;

struct Entry {
  value: f32,
  // −∂value/∂D
  slope: f32,
}

fn negative_entry(distance: f32, reach: f32) -> Entry {
  let gap = reach - distance;
  if (gap <= 0.0) { return Entry(0.0, 0.0); }
  @if(exponential) { return Entry(WEIGHT * exp(-distance), WEIGHT * exp(-distance)); }
  @else { return Entry(WEIGHT * gap, WEIGHT); }
}

// Slope of an entry of which only the value is known.
fn slope_of(value: f32) -> f32 {
  @if(exponential) { return value; }
  @else { return select(0.0, f32(WEIGHT), value > 0.0); }
}
