// Winograd transform back to the weight gradient of a 3×3 convolution, the adjoint of winograd_weight:
//
//   dw[a, b] = (Gᵀ·du·G)[a, b]
//
// du  [ALPHA·ALPHA, in, out]
// dw  [3, 3, in, out]
// One invocation for four neighbours in dw.
import package::lib::rolled::step_of;
import package::lib::winograd::{ALPHA, evaluate_filter_adjoint};
import constants::WORKGROUP;

@group(0) @binding(0) var<storage, read> du: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> dw: array<vec4f>;

fn transform(i: u32, count: u32, one: u32) {
  var rows: array<array<vec4f, 3>, ALPHA>;
  for (var a = 0u; a < ALPHA; a += one) {
    var line: array<vec4f, ALPHA>;
    for (var b = 0u; b < ALPHA; b++) { line[b] = du[(a * ALPHA + b) * count + i]; }
    rows[a] = evaluate_filter_adjoint(line);
  }
  for (var b = 0u; b < 3u; b += one) {
    var line: array<vec4f, ALPHA>;
    for (var a = 0u; a < ALPHA; a++) { line[a] = rows[a][b]; }
    let values = evaluate_filter_adjoint(line);
    for (var a = 0u; a < 3u; a++) { dw[(3u * a + b) * count + i] = values[a]; }
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let count = arrayLength(&dw) / 9u;
  for (var i = id.x; i < count; i += workgroups.x * WORKGROUP) { transform(i, count, step_of(id.x)); }
}
