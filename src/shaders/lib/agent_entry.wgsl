// Negative entry of an agent loss, between a sample and the agent of another class at distance D.
//
//   C-contrastive  WEIGHT·max(0, margin − D), or WEIGHT·exp(−D) where D < margin with @if(exponential)   (NormFace equation 10)
//   C-triplet      WEIGHT·max(0, margin + D_own − D) with @if(triplet)                                    (NormFace equation 11)
import constants::WEIGHT;

struct Entry {
  value: f32,
  // −∂value/∂D
  slope: f32,
}

fn negative_entry(distance: f32, own_distance: f32, margin: f32) -> Entry {
  var gap = margin - distance;
  @if(triplet) { gap += own_distance; }
  if (gap <= 0.0) { return Entry(0.0, 0.0); }
  @if(exponential) { return Entry(WEIGHT * exp(-distance), WEIGHT * exp(-distance)); }
  @else { return Entry(WEIGHT * gap, WEIGHT); }
}

// Slope of an entry of which only the value is known.
fn slope_of(value: f32) -> f32 {
  @if(exponential) { return value; }
  @else { return select(0.0, f32(WEIGHT), value > 0.0); }
}
