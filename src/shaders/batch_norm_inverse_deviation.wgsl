// inverse_deviation[c] = 1/√(variance[c] + EPSILON), for normalisation with running averages.
//
// variance, inverse_deviation  [SIZE]
import package::lib::linear::linear_index;
import constants::{SIZE, WORKGROUP, GRID_X, EPSILON};

@group(0) @binding(0) var<storage, read> variance: array<f32>;
@group(0) @binding(1) var<storage, read_write> inverse_deviation: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = linear_index(workgroup, local);
  if (i >= SIZE) { return; }
  inverse_deviation[i] = 1.0 / sqrt(variance[i] + EPSILON);
}
