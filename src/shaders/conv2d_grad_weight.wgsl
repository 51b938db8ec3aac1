// Operands of the weight gradient of a 2-D convolution as an implicit matrix product, a row a weight position (kh, kw, ci), a
// column an output channel, summing over all output pixels:
//
//   dw[kh, kw, ci, co] = Σ_{n, oh, ow} x[n, oh·S_h + kh·D_h − P_top, ow·S_w + kw·D_w − P_left, ci] · dy[n, oh, ow, co]
//
// x        [BATCH, HEIGHT, WIDTH, CHANNELS]
// dy       [BATCH, OUT_HEIGHT, OUT_WIDTH, OUT_CHANNELS]
// partial  [SPLITS, KERNEL_H, KERNEL_W, GROUP_IN, OUT_CHANNELS]
// The sum is long (10⁵ pixels) and the result small, so the pixels are split into SPLITS chunks that run side by side; sum_rows
// then adds the partial results in order: no atomics, the same bits every time. z = group · SPLITS + split; one outer step, k
// counts the pixels of the chunk (a multiple of 32, so that every walk reads whole stages).
// With @if(vec4_x) four neighbouring rows share their tap and are read as vec4f; with @if(vec4_y) so are the columns.
import constants::{BATCH, HEIGHT, WIDTH, CHANNELS, OUT_HEIGHT, OUT_WIDTH, OUT_CHANNELS};
import constants::{KERNEL_H, KERNEL_W, STRIDE_H, STRIDE_W, PAD_TOP, PAD_LEFT, DILATION_H, DILATION_W, GROUP_IN, GROUP_OUT};
import constants::{SPLITS, CHUNK};

@if(vec4_x) @group(0) @binding(0) var<storage, read> x: array<vec4f>;
@else       @group(0) @binding(0) var<storage, read> x: array<f32>;
@if(vec4_y) @group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@else       @group(0) @binding(1) var<storage, read> dy: array<f32>;
@if(vec4_y) @group(0) @binding(2) var<storage, read_write> partial: array<vec4f>;
@else       @group(0) @binding(2) var<storage, read_write> partial: array<f32>;

const rows = u32(KERNEL_H * KERNEL_W * GROUP_IN);
const pixels = u32(BATCH * OUT_HEIGHT * OUT_WIDTH);

// Offsets of the taps of four rows in the image, their channels, and the first pixel of the chunk.
struct StateA { down: vec4u, right: vec4u, channel: vec4u, inside: vec4<bool>, first: u32 }
struct StateB { base: u32, columns: u32, first: u32 }

fn enter_a(row: u32, outer: u32, z: u32) -> StateA {
  var state: StateA;
  for (var i = 0u; i < 4u; i++) {
    let tap = (row + i) / GROUP_IN;
    state.down[i] = tap / KERNEL_W * DILATION_H - PAD_TOP;
    state.right[i] = tap % KERNEL_W * DILATION_W - PAD_LEFT;
    state.channel[i] = z / SPLITS * GROUP_IN + (row + i) % GROUP_IN;
    state.inside[i] = row + i < rows;
  }
  state.first = z % SPLITS * CHUNK;
  return state;
}

fn enter_b(column: u32, outer: u32, z: u32) -> StateB {
  return StateB(z / SPLITS * GROUP_OUT + column, GROUP_OUT - min(column, GROUP_OUT), z % SPLITS * CHUNK);
}

fn inner_end(outer: u32, z: u32) -> u32 { return CHUNK; }

fn load_a(state: StateA, k: u32) -> mat4x4f {
  var block: mat4x4f; // [pixel][row]
  let pixel = state.first + k;
  var n = pixel / (OUT_HEIGHT * OUT_WIDTH);
  var oh = pixel / OUT_WIDTH % OUT_HEIGHT;
  var ow = pixel % OUT_WIDTH;
  for (var j = 0u; j < 4u; j++) {
    @if(vec4_x) {
      // Unsigned: a negative position wraps around and fails the test against the extent.
      let ih = oh * STRIDE_H + state.down.x;
      let iw = ow * STRIDE_W + state.right.x;
      let inside = state.inside.x && n < BATCH && ih < HEIGHT && iw < WIDTH;
      let index = ((n * HEIGHT + ih) * WIDTH + iw) * CHANNELS + state.channel.x;
      block[j] = select(vec4f(), x[select(0u, index / 4u, inside)], inside);
    }
    @else {
      for (var i = 0u; i < 4u; i++) {
        let ih = oh * STRIDE_H + state.down[i];
        let iw = ow * STRIDE_W + state.right[i];
        let inside = state.inside[i] && n < BATCH && ih < HEIGHT && iw < WIDTH;
        let index = ((n * HEIGHT + ih) * WIDTH + iw) * CHANNELS + state.channel[i];
        block[j][i] = select(0.0, x[select(0u, index, inside)], inside);
      }
    }
    // The next pixel, without a division.
    ow++;
    let next_row = ow == OUT_WIDTH;
    ow = select(ow, 0u, next_row);
    oh += select(0u, 1u, next_row);
    let next_image = oh == OUT_HEIGHT;
    oh = select(oh, 0u, next_image);
    n += select(0u, 1u, next_image);
  }
  return transpose(block);
}

fn load_b(state: StateB, k: u32) -> mat4x4f {
  var block: mat4x4f;
  for (var j = 0u; j < 4u; j++) {
    let pixel = state.first + k + j;
    let index = pixel * OUT_CHANNELS + state.base;
    @if(vec4_y) {
      let inside = pixel < pixels && state.columns > 0u;
      block[j] = select(vec4f(), dy[select(0u, index / 4u, inside)], inside);
    }
    @else {
      for (var i = 0u; i < 4u; i++) {
        let inside = pixel < pixels && i < state.columns;
        block[j][i] = select(0.0, dy[select(0u, index + i, inside)], inside);
      }
    }
  }
  return block;
}

fn store(row: u32, column: u32, z: u32, value: vec4f) {
  if (row >= rows || column >= GROUP_OUT) { return; }
  let index = (z % SPLITS * rows + row) * OUT_CHANNELS + z / SPLITS * GROUP_OUT + column;
  @if(vec4_y) { partial[index / 4u] = value; }
  @else {
    for (var i = 0u; i < 4u; i++) {
      if (column + i < GROUP_OUT) { partial[index + i] = value[i]; }
    }
  }
}
