// Gradient of max pooling: dx at a pixel is the sum of dy over the windows whose maximum is that pixel. Among equal maxima of a
// window the first in row-major order counts.
//
// x, dx  [n, HEIGHT, WIDTH, channels]
// dy     [n, OUT_HEIGHT, OUT_WIDTH, channels]
// One invocation a channel of a cell of STRIDE_H × STRIDE_W pixels; cells start where windows start, COUNT = n·CELLS_H·CELLS_W·
// CHANNELS. The windows that reach into a cell are the one that starts there and those that start at most
// ⌊(KERNEL − 1) / STRIDE⌋ cells before it: WINDOWS_H × WINDOWS_W. The invocation finds the maxima of these again (nothing but x
// is kept from the forward pass) and gathers, so there is no scatter, and sums have a fixed order.
// With @if(vec4) channels go by vec4f; COUNT and CHANNELS count vectors.
import package::lib::elements::element;
import constants::{COUNT, WORKGROUP, STEPS, HEIGHT, WIDTH, CHANNELS, OUT_HEIGHT, OUT_WIDTH, KERNEL_H, KERNEL_W, STRIDE_H, STRIDE_W, PAD_H, PAD_W};
import constants::{CELLS_H, CELLS_W, WINDOWS_H, WINDOWS_W};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;
@if(vec4) alias Place = vec4u;
@else alias Place = u32;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read> dy: array<Value>;
@group(0) @binding(2) var<storage, read_write> dx: array<Value>;

// Where in x the first maximum of a window is. Coordinates clamp to the edge as in the forward pass: clamping keeps their order,
// so the first of equal values stays the first.
fn find_maximum(image: u32, row: u32, column: u32, channel: u32) -> Place {
  var best = Value();
  var place = Place();
  for (var a = 0u; a < KERNEL_H; a++) {
    let source_row = u32(clamp(i32(row * STRIDE_H + a) - PAD_H, 0, HEIGHT - 1));
    for (var b = 0u; b < KERNEL_W; b++) {
      let source_column = u32(clamp(i32(column * STRIDE_W + b) - PAD_W, 0, WIDTH - 1));
      let candidate = ((image * HEIGHT + source_row) * WIDTH + source_column) * CHANNELS + channel;
      let value = x[candidate];
      let first = a + b == 0u;
      place = select(select(place, Place(candidate), value > best), Place(candidate), first);
      best = select(max(best, value), value, first);
    }
  }
  return place;
}

fn gather(i: u32) {
  let channel = i % CHANNELS;
  let cell_column = i / CHANNELS % CELLS_W;
  let cell_row = i / (CHANNELS * CELLS_W) % CELLS_H;
  let image = i / (CHANNELS * CELLS_W * CELLS_H);

  var places: array<Place, WINDOWS_H * WINDOWS_W>;
  var gradients: array<Value, WINDOWS_H * WINDOWS_W>; // zero where there is no such window
  for (var a = 0u; a < WINDOWS_H; a++) {
    for (var b = 0u; b < WINDOWS_W; b++) {
      // Below zero the difference wraps to a large number.
      let row = cell_row - (WINDOWS_H - 1u - a);
      let column = cell_column - (WINDOWS_W - 1u - b);
      if (row < OUT_HEIGHT && column < OUT_WIDTH) {
        places[a * WINDOWS_W + b] = find_maximum(image, row, column, channel);
        gradients[a * WINDOWS_W + b] = dy[((image * OUT_HEIGHT + row) * OUT_WIDTH + column) * CHANNELS + channel];
      }
    }
  }

  for (var a = 0u; a < STRIDE_H; a++) {
    let row = cell_row * STRIDE_H + a - PAD_H;
    for (var b = 0u; b < STRIDE_W; b++) {
      let column = cell_column * STRIDE_W + b - PAD_W;
      if (row < HEIGHT && column < WIDTH) {
        let place = ((image * HEIGHT + row) * WIDTH + column) * CHANNELS + channel;
        var sum = Value();
        for (var window = 0u; window < WINDOWS_H * WINDOWS_W; window++) {
          sum += select(Value(), gradients[window], places[window] == Place(place));
        }
        dx[place] = sum;
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
