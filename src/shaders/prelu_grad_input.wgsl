// Gradient of PReLU with respect to its input: dx = dy for x > 0, else slope[c]·dy.
//
// x, dy, dx  [rows, CHANNELS], the channel innermost
// slope      [CHANNELS]
// One invocation an element: bandwidth bound.
import package::lib::linear::linear_index;
import constants::{SIZE, WORKGROUP, CHANNELS};

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> slope: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = linear_index(workgroup, local);
  if (i >= SIZE) { return; }
  dx[i] = select(slope[i % CHANNELS] * dy[i], dy[i], x[i] > 0.0);
}
