// Tiled matrix product C = A·B through workgroup memory: the portable walk, for GPUs and wherever subgroups are missing.
//
// The operands module (gemm, conv2d_forward, …) says what A, B and C are; its functions are listed in
// tile_product_subgroup.
//
// Tile: TILE_ROWS×TILE_COLUMNS of C. An invocation owns BLOCKS×BLOCKS blocks of 4×4 in registers, so with BLOCKS = 2 it reads 8 + 8
// numbers of workgroup memory for 64 multiply-adds, with BLOCKS = 1 4 + 4 for 16. Sixteen k a stage: 64 bytes a row of A and
// column of B, 8 KiB for a tile of 64×64. There are at least as many invocations as rows or columns, so nobody loads more than one
// 4×4 block of each a stage: the first TILE_ROWS invocations one of A, the last TILE_COLUMNS one of B. The tile of A lies
// transposed, so that both are read as vec4f and neighbouring invocations read neighbours. With @if(half) the tiles are f16, half
// as many bytes to write and read; sums stay f32.
import package::operands::{StateA, StateB, enter_a, enter_b, load_a, load_b, inner_end, store};
import package::lib::tile_grid::{row_tile, depth};
import constants::{OUTER, TILE_ROWS, TILE_COLUMNS, BLOCKS};
@if(half) enable f16;

@if(half) alias Four = vec4h;
@else     alias Four = vec4f;

// Groups of four rows and columns, and how many of them lie between the blocks of an invocation.
const row_groups = u32(TILE_ROWS / 4);
const column_groups = u32(TILE_COLUMNS / 4);
const rows_apart = row_groups / BLOCKS;
const columns_apart = column_groups / BLOCKS;
const invocations = rows_apart * columns_apart;

// [k][row / 4] and [k][column / 4]
var<workgroup> tile_a: array<array<Four, row_groups>, 16>;
var<workgroup> tile_b: array<array<Four, column_groups>, 16>;

@compute @workgroup_size(invocations)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let first_row = row_tile(workgroup) * TILE_ROWS;
  let first_column = workgroup.y * TILE_COLUMNS;
  let z = depth(workgroup);
  let loads_a = local < TILE_ROWS;
  let loads_b = local >= invocations - TILE_COLUMNS;
  let from_end = local - min(local, invocations - TILE_COLUMNS);
  let line_a = local % row_groups;
  let line_b = from_end % column_groups;
  let k_a = 4u * (local / row_groups);
  let k_b = 4u * (from_end / column_groups);
  let my_row = local / columns_apart;
  let my_column = local % columns_apart;
  // Blocks far apart rather than side by side: the reads of a subgroup then hit different banks.
  var sums: array<array<mat4x4f, BLOCKS>, BLOCKS>;
  for (var outer = 0u; outer < OUTER; outer++) {
    let state_a = enter_a(first_row + 4u * line_a, outer, z);
    let state_b = enter_b(first_column + 4u * line_b, outer, z);
    let end = inner_end(outer, z);
    for (var k = 0u; k < end; k += 16u) {
      var block_a: mat4x4f;
      var block_b: mat4x4f;
      if (loads_a) { block_a = transpose(load_a(state_a, k + k_a)); }
      if (loads_b) { block_b = load_b(state_b, k + k_b); }
      workgroupBarrier();
      for (var i = 0u; i < 4u; i++) {
        if (loads_a) { tile_a[k_a + i][line_a] = Four(block_a[i]); }
        if (loads_b) { tile_b[k_b + i][line_b] = Four(block_b[i]); }
      }
      workgroupBarrier();
      for (var i = 0u; i < 16u; i++) {
        for (var v = 0u; v < BLOCKS; v++) {
          let rows = vec4f(tile_a[i][my_row + v * rows_apart]);
          for (var h = 0u; h < BLOCKS; h++) {
            let columns = vec4f(tile_b[i][my_column + h * columns_apart]);
            for (var r = 0u; r < 4u; r++) {
              sums[v][h][r] = fma(vec4f(rows[r]), columns, sums[v][h][r]);
            }
          }
        }
      }
    }
  }
  for (var v = 0u; v < BLOCKS; v++) {
    for (var h = 0u; h < BLOCKS; h++) {
      for (var r = 0u; r < 4u; r++) {
        store(first_row + 4u * (my_row + v * rows_apart) + r, first_column + 4u * (my_column + h * columns_apart), z, sums[v][h][r]);
      }
    }
  }
}
