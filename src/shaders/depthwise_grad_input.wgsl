// Input gradient of a depthwise convolution with any stride:
//
//   dx[n, ih, iw, c] = Σ dy[n, oh, ow, c] · w[ih + P_top − oh·S_h, iw + P_left − ow·S_w, c]   over the taps there are
//
// dy  [n, OUT_HEIGHT, OUT_WIDTH, channels]
// w   [KERNEL_H, KERNEL_W, channels]
// dx  [n, HEIGHT, WIDTH, channels]
// Along one direction the outputs that padded pixel p reaches are number ⌊p / STRIDE⌋ and the ⌈KERNEL / STRIDE⌉ − 1 = WINDOWS − 1
// before it; dx gathers from them in a fixed order, and no tap is multiplied by the zeros between strides.
// Element-wise over dx. With @if(vec4) channels go by vec4f; COUNT and CHANNELS count vectors.
import package::lib::elements::element;
import constants::{COUNT, WORKGROUP, STEPS, HEIGHT, WIDTH, CHANNELS, OUT_HEIGHT, OUT_WIDTH, KERNEL_H, KERNEL_W, STRIDE_H, STRIDE_W};
import constants::{PAD_TOP, PAD_LEFT, WINDOWS_H, WINDOWS_W};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;

@group(0) @binding(0) var<storage, read> dy: array<Value>;
@group(0) @binding(1) var<storage, read> w: array<Value>;
@group(0) @binding(2) var<storage, read_write> dx: array<Value>;

fn gather(i: u32) -> Value {
  let channel = i % CHANNELS;
  let padded_column = i / CHANNELS % WIDTH + PAD_LEFT;
  let padded_row = i / (CHANNELS * WIDTH) % HEIGHT + PAD_TOP;
  let image = i / (CHANNELS * WIDTH * HEIGHT);
  var sum = Value();
  for (var a = 0u; a < WINDOWS_H; a++) {
    let row = padded_row / STRIDE_H - a; // wraps before the first output
    let kh = padded_row - row * STRIDE_H;
    if (row >= OUT_HEIGHT || kh >= KERNEL_H) { continue; }
    for (var b = 0u; b < WINDOWS_W; b++) {
      let column = padded_column / STRIDE_W - b;
      let kw = padded_column - column * STRIDE_W;
      if (column >= OUT_WIDTH || kw >= KERNEL_W) { continue; }
      let gradient = dy[((image * OUT_HEIGHT + row) * OUT_WIDTH + column) * CHANNELS + channel];
      sum += gradient * w[(kh * KERNEL_W + kw) * CHANNELS + channel];
    }
  }
  return sum;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  for (var step = 0u; step < STEPS; step++) {
    let i = element(workgroup, local, step);
    if (i < COUNT) { dx[i] = gather(i); }
  }
}
