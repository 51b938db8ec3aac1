// Winograd transform back to the output of a 3×3 convolution with stride 1:
//
//   z[n, M·ty + a, M·tx + b] = (Aᵀ·m·A)[a, b]
//
// m        [ALPHA·ALPHA, tiles, channels], tiles in the order n, ty, tx: products of transformed input and weights
// y        [n, height, width, channels]: z after the epilogue, lib/epilogue
// extents  see lib/winograd_tiles; no padding
// Tiles that reach over the lower or right edge write the part that is inside.
import package::lib::epilogue::finish;
import package::lib::winograd_tiles::{Extents, Row, row_of};
import package::lib::rolled::step_of;
import package::lib::winograd::{ALPHA, M, evaluate_output};
import constants::{WORKGROUP_X, WORKGROUP_Y, GRID_Z};

@group(0) @binding(0) var<storage, read> m: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(2) var<storage, read> extents: Extents;

fn transform(row: Row, tile: u32, e: Extents, one: u32) {
  let left = tile * M;
  let channel = row.first % e.channels;
  let product = row.first + tile * e.channels;
  var rows: array<array<vec4f, M>, ALPHA>;
  for (var a = 0u; a < ALPHA; a++) {
    var line: array<vec4f, ALPHA>;
    for (var b = 0u; b < ALPHA; b++) { line[b] = m[product + (a * ALPHA + b) * row.position]; }
    rows[a] = evaluate_output(line);
  }
  for (var b = 0u; b < M; b += one) {
    var line: array<vec4f, ALPHA>;
    for (var a = 0u; a < ALPHA; a++) { line[a] = rows[a][b]; }
    let values = evaluate_output(line);
    for (var a = 0u; a < M; a++) {
      let y_in = row.top + a;
      let x_in = left + b;
      if (y_in < e.height && x_in < e.width) {
        let index = row.image + (y_in * e.width + x_in) * e.channels;
        y[index] = finish(values[a], channel, index);
      }
    }
  }
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let e = extents;
  if (id.x >= e.channels || id.y * e.tiles_wide >= e.tiles) { return; }
  let row = row_of(id, e, M);
  for (var tile = id.z; tile < e.tiles_wide; tile += GRID_Z) { transform(row, tile, e, step_of(id.x)); }
}
