// Copies rows between a large matrix and a small one: chosen_k = all_{rows_k}, or with @if(back) all_{rows_k} = chosen_k for k < count.
//
// all     [ROWS, COLUMNS], the rows first … first + ROWS − 1 of the large matrix; other rows are left to other calls
// chosen  [COUNT / COLUMNS, COLUMNS]
// rows    numbers of rows of the large matrix; up to count they differ
// count   one number, with @if(back)
// first   one number: not compiled in, so that all windows share a kernel
// Both may be in one buffer, of which WebGPU lets no part be read-only while another is written: so both are read_write.
// Element-wise: COUNT elements of the small matrix; neighbours read and write neighbours.
import package::lib::elements::element;
import constants::{COUNT, WORKGROUP, STEPS, ROWS, COLUMNS};

@group(0) @binding(0) var<storage, read_write> all: array<f32>;
@group(0) @binding(1) var<storage, read_write> chosen: array<f32>;
@group(0) @binding(2) var<storage, read> rows: array<u32>;
@group(0) @binding(3) var<storage, read> first: u32;
@if(back) @group(0) @binding(4) var<storage, read> count: u32;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  for (var step = 0u; step < STEPS; step++) {
    let place = element(workgroup, local, step);
    if (place < COUNT) {
      let k = place / COLUMNS;
      // Rows before the first one wrap around to numbers past the last one.
      let row = rows[k] - first;
      var wanted = row < ROWS;
      @if(back) { wanted = wanted && k < count; }
      if (wanted) {
        @if(back) { all[row * COLUMNS + place % COLUMNS] = chosen[place]; }
        @if(!back) { chosen[place] = all[row * COLUMNS + place % COLUMNS]; }
      }
    }
  }
}
