// Tiled matrix product C = A·B through workgroup memory: the portable walk, for GPUs and wherever subgroups are missing.
//
// The operands module (gemm, conv2d_forward, …) says what A, B and C are; its functions are listed in
// tile_product_subgroup.
//
// Tile: 64×64 of C for 64 invocations, 8×8 in the registers of each; 16 k a stage. An invocation loads one 4×4 block of A and one
// of B a stage, so 16 × 16 invocation-blocks fill both tiles, 4 KiB each. Then 16 times it reads 8 + 8 numbers for 64
// multiply-adds. The tile of A lies transposed, so that both are read as vec4f and neighbouring invocations read neighbours.
import package::operands::{StateA, StateB, enter_a, enter_b, load_a, load_b, inner_end, store};
import package::lib::tile_grid::{row_tile, depth};
import constants::{OUTER};

// [k][row / 4] and [k][column / 4]
var<workgroup> tile_a: array<array<vec4f, 16>, 16>;
var<workgroup> tile_b: array<array<vec4f, 16>, 16>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let first_row = row_tile(workgroup) * 64u;
  let first_column = workgroup.y * 64u;
  let z = depth(workgroup);
  let load_line = local % 16u;
  let load_k = 4u * (local / 16u);
  let my_row = local / 8u;
  let my_column = local % 8u;
  // sums[i][h]: row i of my eight, column half h
  var sums: array<array<vec4f, 2>, 8>;
  for (var outer = 0u; outer < OUTER; outer++) {
    let state_a = enter_a(first_row + 4u * load_line, outer, z);
    let state_b = enter_b(first_column + 4u * load_line, outer, z);
    let end = inner_end(outer, z);
    for (var k = 0u; k < end; k += 16u) {
      let block_a = transpose(load_a(state_a, k + load_k));
      let block_b = load_b(state_b, k + load_k);
      workgroupBarrier();
      for (var i = 0u; i < 4u; i++) {
        tile_a[load_k + i][load_line] = block_a[i];
        tile_b[load_k + i][load_line] = block_b[i];
      }
      workgroupBarrier();
      for (var i = 0u; i < 16u; i++) {
        // Rows 4·my_row … and 32 + 4·my_row …: the two halves of a tile row keep a subgroup's reads in different banks.
        let a_low = tile_a[i][my_row];
        let a_high = tile_a[i][my_row + 8u];
        let b_low = tile_b[i][my_column];
        let b_high = tile_b[i][my_column + 8u];
        for (var r = 0u; r < 4u; r++) {
          sums[r][0] = fma(vec4f(a_low[r]), b_low, sums[r][0]);
          sums[r][1] = fma(vec4f(a_low[r]), b_high, sums[r][1]);
          sums[r + 4u][0] = fma(vec4f(a_high[r]), b_low, sums[r + 4u][0]);
          sums[r + 4u][1] = fma(vec4f(a_high[r]), b_high, sums[r + 4u][1]);
        }
      }
    }
  }
  for (var r = 0u; r < 8u; r++) {
    let row = first_row + 4u * my_row + r % 4u + select(0u, 32u, r >= 4u);
    store(row, first_column + 4u * my_column, z, sums[r][0]);
    store(row, first_column + 32u + 4u * my_column, z, sums[r][1]);
  }
}
