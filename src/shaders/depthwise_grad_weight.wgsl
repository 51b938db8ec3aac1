// Weight gradient of a depthwise convolution, in parts:
//
//   partial[s, kh, kw, c] = Σ dy[n, oh, ow, c] · x[n, oh·S_h + kh − P_top, ow·S_w + kw − P_left, c]   over the output rows of part s
//
// x        [n, HEIGHT, WIDTH, channels]
// dy       [n, OUT_HEIGHT, OUT_WIDTH, channels]
// partial  [splits, KERNEL_H, KERNEL_W, channels]; part s has the rows s·CHUNK … of the OUT_ROWS = n·OUT_HEIGHT rows of dy
// sum_rows adds the parts in order. An invocation has one part, one row of the kernel and one channel (four with @if(vec4):
// CHANNELS and COUNT count vectors), and KERNEL_W sums in registers: a gradient is loaded once for all of them. Neighbours have
// neighbouring channels.
import package::lib::elements::element;
import constants::{COUNT, WORKGROUP, STEPS, HEIGHT, WIDTH, CHANNELS, OUT_HEIGHT, OUT_WIDTH, KERNEL_H, KERNEL_W, STRIDE_H, STRIDE_W};
import constants::{PAD_TOP, PAD_LEFT, OUT_ROWS, CHUNK};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read> dy: array<Value>;
@group(0) @binding(2) var<storage, read_write> partial: array<Value>;

fn sum_part(i: u32) {
  let channel = i % CHANNELS;
  let kh = i32(i / CHANNELS % KERNEL_H);
  let split = i32(i / (CHANNELS * KERNEL_H));
  var sums: array<Value, KERNEL_W>;
  for (var out_row = split * CHUNK; out_row < min((split + 1) * CHUNK, OUT_ROWS); out_row++) {
    let row = out_row % OUT_HEIGHT * STRIDE_H + kh - PAD_TOP;
    if (row < 0 || row >= HEIGHT) { continue; }
    let image_row = out_row / OUT_HEIGHT * HEIGHT + row;
    for (var out_column = 0; out_column < OUT_WIDTH; out_column++) {
      let gradient = dy[u32(out_row * OUT_WIDTH + out_column) * CHANNELS + channel];
      for (var kw = 0; kw < KERNEL_W; kw++) {
        let column = out_column * STRIDE_W + kw - PAD_LEFT;
        let inside = column >= 0 && column < WIDTH;
        let index = u32(image_row * WIDTH + select(0, column, inside)) * CHANNELS + channel;
        sums[kw] += gradient * select(Value(), x[index], inside);
      }
    }
  }
  for (var kw = 0; kw < KERNEL_W; kw++) {
    partial[u32((split * KERNEL_H + kh) * KERNEL_W + kw) * CHANNELS + channel] = sums[kw];
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  for (var step = 0u; step < STEPS; step++) {
    let i = element(workgroup, local, step);
    if (i < COUNT) { sum_part(i); }
  }
}
