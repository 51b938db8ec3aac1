// Gradient of ReLU: dx = dy where y > 0, else 0.
//
// y, dy, dx  SIZE elements each
// The sign of the output says as much as that of the input, so the input need not be kept.
import package::lib::linear::linear_index;
import constants::{SIZE, WORKGROUP};

@group(0) @binding(0) var<storage, read> y: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = linear_index(workgroup, local);
  if (i >= SIZE) { return; }
  dx[i] = select(0.0, dy[i], y[i] > 0.0);
}
