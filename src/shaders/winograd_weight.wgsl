// Winograd transform of the weights of a 3×3 convolution:
//
//   u[i, j] = (G·g·Gᵀ)[i, j],   g[a, b] = w[a, b], or w[2 − a, 2 − b] with @if(flip), for the input gradient
//
// w  [3, 3, in, out]
// u  [ALPHA·ALPHA, in, out]
// One invocation for four neighbours in w.
import package::lib::rolled::step_of;
import package::lib::winograd::{ALPHA, evaluate_filter};
import constants::WORKGROUP;

@group(0) @binding(0) var<storage, read> w: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> u: array<vec4f>;

fn transform(i: u32, count: u32, one: u32) {
  var rows: array<array<vec4f, ALPHA>, 3>;
  for (var a = 0u; a < 3u; a++) {
    var line: array<vec4f, 3>;
    for (var b = 0u; b < 3u; b++) {
      @if(flip)  line[b] = w[(8u - 3u * a - b) * count + i];
      @if(!flip) line[b] = w[(3u * a + b) * count + i];
    }
    rows[a] = evaluate_filter(line);
  }
  for (var b = 0u; b < ALPHA; b += one) {
    let values = evaluate_filter(array<vec4f, 3>(rows[0][b], rows[1][b], rows[2][b]));
    for (var a = 0u; a < ALPHA; a++) { u[(a * ALPHA + b) * count + i] = values[a]; }
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let count = arrayLength(&w) / 9u;
  for (var i = id.x; i < count; i += workgroups.x * WORKGROUP) { transform(i, count, step_of(id.x)); }
}
