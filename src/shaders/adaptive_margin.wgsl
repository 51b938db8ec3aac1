// Negative margin of C-contrastive that follows the positives: margin = min(MARGIN + running positive mean, MOST).
//
// running  one number, kept from batch to batch
// margin   one number
import constants::{MARGIN, MOST};

@group(0) @binding(0) var<storage, read> running: array<f32>;
@group(0) @binding(1) var<storage, read_write> margin: array<f32>;

@compute @workgroup_size(1)
fn main() {
  let wanted = MARGIN + running[0];
  margin[0] = select(wanted, MOST, wanted > MOST); // a NaN stays one
}
