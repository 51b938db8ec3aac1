// What the two directions of average pooling share.
import constants::{HEIGHT, WIDTH, KERNEL_H, KERNEL_W, STRIDE_H, STRIDE_W, PAD_H, PAD_W};

// Pixels of the window at (row, column): on the image and, with @if(count_padding), on its padding, but never those beyond it.
fn pool_divisor(row: u32, column: u32) -> f32 {
  @if(count_padding) let rows = min(u32(KERNEL_H), HEIGHT + 2 * PAD_H - row * STRIDE_H);
  @if(count_padding) let columns = min(u32(KERNEL_W), WIDTH + 2 * PAD_W - column * STRIDE_W);
  @if(!count_padding) let rows = min(row * STRIDE_H + KERNEL_H, HEIGHT + PAD_H) - max(row * STRIDE_H, u32(PAD_H));
  @if(!count_padding) let columns = min(column * STRIDE_W + KERNEL_W, WIDTH + PAD_W) - max(column * STRIDE_W, u32(PAD_W));
  return f32(rows * columns);
}
