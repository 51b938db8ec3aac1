// Gradient of max pooling: dx at a pixel is the sum of dy over the windows whose maximum is that pixel. Among equal maxima of a
// window the first in row-major order counts, and the first NaN is larger than all numbers.
//
// x, dx  [n, HEIGHT, WIDTH, channels]
// dy     [n, OUT_HEIGHT, OUT_WIDTH, channels]
// One invocation a channel of a cell of CELL_H × CELL_W pixels, COUNT = n·CELLS_H·CELLS_W·CHANNELS; cells tile the image and its
// leading padding. The invocation finds the maxima of all windows that reach into its cell again (nothing but x is kept from the
// forward pass) and gathers, so there is no scatter, and sums have a fixed order. A cell is as large as the stride, so that
// windows that do not overlap are searched once; a large stride is cut into cells whose sums still fit in registers.
// With @if(vec4) channels go by vec4f; COUNT and CHANNELS count vectors.
import package::lib::elements::element;
import package::lib::nan::exceeds;
import constants::{COUNT, WORKGROUP, STEPS, HEIGHT, WIDTH, CHANNELS, OUT_HEIGHT, OUT_WIDTH, KERNEL_H, KERNEL_W, STRIDE_H, STRIDE_W, PAD_H, PAD_W};
import constants::{CELL_H, CELL_W, CELLS_H, CELLS_W};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;
@if(vec4) alias Place = vec4u;
@else alias Place = u32;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read> dy: array<Value>;
@group(0) @binding(2) var<storage, read_write> dx: array<Value>;

// Where in x the first maximum of a window is. Columns clamp to the edge as in the forward pass: clamping keeps their order, so
// the first of equal values stays the first.
fn find_maximum(image: u32, row: u32, column: u32, channel: u32) -> Place {
  let top = max(row * STRIDE_H, u32(PAD_H)) - PAD_H;
  let bottom = min(row * STRIDE_H + KERNEL_H - PAD_H, u32(HEIGHT));
  var best = Value();
  var place = Place();
  for (var source_row = top; source_row < bottom; source_row++) {
    for (var b = 0u; b < KERNEL_W; b++) {
      let source_column = u32(clamp(i32(column * STRIDE_W + b) - PAD_W, 0, WIDTH - 1));
      let candidate = ((image * HEIGHT + source_row) * WIDTH + source_column) * CHANNELS + channel;
      let value = x[candidate];
      if (source_row == top && b == 0u) { best = value; place = Place(candidate); }
      let wins = exceeds(value, best);
      place = select(place, Place(candidate), wins);
      best = select(best, value, wins);
    }
  }
  return place;
}

fn gather(i: u32) {
  let channel = i % CHANNELS;
  let left = i / CHANNELS % CELLS_W * CELL_W; // of the cell, counted from the padding
  let top = i / (CHANNELS * CELLS_W) % CELLS_H * CELL_H;
  let image = i / (CHANNELS * CELLS_W * CELLS_H);
  let origin = ((image * HEIGHT + top - PAD_H) * WIDTH + left - PAD_W) * CHANNELS + channel;

  // The first window that reaches into the cell is number ⌈(top − KERNEL + 1) / STRIDE⌉, the last one ⌊(top + CELL − 1) / STRIDE⌋.
  let first_row = (max(top + STRIDE_H, u32(KERNEL_H)) - KERNEL_H) / STRIDE_H;
  let first_column = (max(left + STRIDE_W, u32(KERNEL_W)) - KERNEL_W) / STRIDE_W;
  let end_row = min((top + CELL_H - 1u) / STRIDE_H + 1u, u32(OUT_HEIGHT));
  let end_column = min((left + CELL_W - 1u) / STRIDE_W + 1u, u32(OUT_WIDTH));
  var sums: array<Value, CELL_H * CELL_W>;
  for (var row = first_row; row < end_row; row++) {
    for (var column = first_column; column < end_column; column++) {
      let place = find_maximum(image, row, column, channel);
      let gradient = dy[((image * OUT_HEIGHT + row) * OUT_WIDTH + column) * CHANNELS + channel];
      for (var a = 0u; a < CELL_H; a++) {
        for (var b = 0u; b < CELL_W; b++) {
          let here = place == Place(origin + (a * WIDTH + b) * CHANNELS);
          sums[a * CELL_W + b] += select(Value(), gradient, here);
        }
      }
    }
  }

  for (var a = 0u; a < CELL_H; a++) {
    for (var b = 0u; b < CELL_W; b++) {
      // Above and left of the image the differences wrap to large numbers.
      if (top + a - PAD_H < HEIGHT && left + b - PAD_W < WIDTH) {
        dx[origin + (a * WIDTH + b) * CHANNELS] = sums[a * CELL_W + b];
      }
    }
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  for (var step = 0u; step < STEPS; step++) {
    let i = element(workgroup, local, step);
    if (i < COUNT) { gather(i); }
  }
}
