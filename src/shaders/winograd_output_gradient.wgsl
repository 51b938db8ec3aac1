// Winograd transform of the output gradient of a 3×3 convolution with stride 1, for the weight gradient:
//
//   v[i, j] = (A·d·Aᵀ)[i, j],   d[a, b] = dy[n, M·ty + a, M·tx + b], zero outside the image
//
// dy       [n, height, width, channels]
// v        [ALPHA·ALPHA, tiles, channels], tiles in the order n, ty, tx
// extents  see lib/winograd_tiles; no padding
import package::lib::winograd_tiles::{Extents, Row, row_of};
import package::lib::rolled::step_of;
import package::lib::winograd::{ALPHA, M, evaluate_output_adjoint};
import constants::{WORKGROUP_X, WORKGROUP_Y, GRID_Z};

@group(0) @binding(0) var<storage, read> dy: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> v: array<vec4f>;
@group(0) @binding(2) var<storage, read> extents: Extents;

fn transform(row: Row, tile: u32, e: Extents, one: u32) {
  let left = tile * M;
  let product = row.first + tile * e.channels;
  var rows: array<array<vec4f, ALPHA>, M>;
  for (var a = 0u; a < M; a++) {
    var line: array<vec4f, M>;
    for (var b = 0u; b < M; b++) {
      let y_in = row.top + a;
      let x_in = left + b;
      let inside = y_in < e.height && x_in < e.width;
      line[b] = select(vec4f(), dy[select(0u, row.image + (y_in * e.width + x_in) * e.channels, inside)], inside);
    }
    rows[a] = evaluate_output_adjoint(line);
  }
  for (var b = 0u; b < ALPHA; b += one) {
    var line: array<vec4f, M>;
    for (var a = 0u; a < M; a++) { line[a] = rows[a][b]; }
    let values = evaluate_output_adjoint(line);
    for (var a = 0u; a < ALPHA; a++) { v[product + (a * ALPHA + b) * row.position] = values[a]; }
  }
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let e = extents;
  if (id.x >= e.channels || id.y * e.tiles_wide >= e.tiles) { return; }
  let row = row_of(id, e, M);
  for (var tile = id.z; tile < e.tiles_wide; tile += GRID_Z) { transform(row, tile, e, step_of(id.x)); }
}
