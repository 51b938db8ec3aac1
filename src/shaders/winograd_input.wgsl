// Winograd transform of the input of a 3×3 convolution with stride 1, ALPHA×ALPHA pixels d for each tile of M×M outputs:
//
//   v[i, j] = (Bᵀ·d·B)[i, j],   d[a, b] = x[n, M·ty + a − padding_top, M·tx + b − padding_left], zero outside the image
//
// x        [n, height, width, channels]
// v        [ALPHA·ALPHA, tiles, channels], tiles in the order n, ty, tx: for each position the rows of a matrix product
// extents  see lib/winograd_tiles
// The pixels go through registers row by row, then column by column.
import package::lib::winograd_tiles::{Extents, Row, row_of};
import package::lib::rolled::step_of;
import package::lib::winograd::{ALPHA, M, interpolate};
import constants::{WORKGROUP_X, WORKGROUP_Y, GRID_Z};

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> v: array<vec4f>;
@group(0) @binding(2) var<storage, read> extents: Extents;

fn transform(row: Row, tile: u32, e: Extents, one: u32) {
  let left = tile * M;
  let product = row.first + tile * e.channels;
  var rows: array<array<vec4f, ALPHA>, ALPHA>;
  for (var a = 0u; a < ALPHA; a++) {
    var line: array<vec4f, ALPHA>;
    for (var b = 0u; b < ALPHA; b++) {
      // Unsigned: a negative position wraps around and fails the test against the extent.
      let y_in = row.top + a - e.padding_top;
      let x_in = left + b - e.padding_left;
      let inside = y_in < e.height && x_in < e.width;
      line[b] = select(vec4f(), x[select(0u, row.image + (y_in * e.width + x_in) * e.channels, inside)], inside);
    }
    rows[a] = interpolate(line);
  }
  for (var b = 0u; b < ALPHA; b += one) {
    var line: array<vec4f, ALPHA>;
    for (var a = 0u; a < ALPHA; a++) { line[a] = rows[a][b]; }
    let values = interpolate(line);
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
