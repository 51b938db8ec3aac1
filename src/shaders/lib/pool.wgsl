// What the two directions of average pooling share.
import constants::{HEIGHT, WIDTH, KERNEL_H, KERNEL_W, STRIDE_H, STRIDE_W, PAD_H, PAD_W};

// Pixels of the window at (row, column) on the image and its padding.
fn pool_divisor(row: u32, column: u32) -> f32 {
  let rows = min(u32(KERNEL_H), HEIGHT + 2 * PAD_H - row * STRIDE_H);
  let columns = min(u32(KERNEL_W), WIDTH + 2 * PAD_W - column * STRIDE_W);
  return f32(rows * columns);
}
