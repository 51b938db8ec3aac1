// The matrix unit of a subgroup (tensor core, simdgroup matrix), result += left·right, and the workgroup memory it works on.
//
//   left [UNIT_ROWS, UNIT_DEPTH], right [UNIT_DEPTH, UNIT_COLUMNS], result [UNIT_ROWS, UNIT_COLUMNS]
//
// spread over the registers of a subgroup in a way only the hardware knows. Operands are f16 with @if(half), else f32; the
// result is f32. Rows in workgroup memory are 8 numbers longer than they need be: 16 bytes at least, which keeps every block
// aligned and puts neighbouring rows into different banks.
import package::lib::subgroup_matrix::{subgroup_matrix_left, subgroup_matrix_right, subgroup_matrix_result};
import package::lib::subgroup_matrix::{row_major, subgroupMatrixLoad, subgroupMatrixMultiplyAccumulate, subgroupMatrixStore};
import constants::{TILE_ROWS, TILE_COLUMNS, STAGE, UNIT_ROWS, UNIT_COLUMNS, UNIT_DEPTH};
enable chromium_experimental_subgroup_matrix;
@if(half) enable f16;

@if(half) alias Operand = f16;
@else     alias Operand = f32;
alias Left = subgroup_matrix_left<Operand, UNIT_DEPTH, UNIT_ROWS>;
alias Right = subgroup_matrix_right<Operand, UNIT_COLUMNS, UNIT_DEPTH>;
alias Result = subgroup_matrix_result<f32, UNIT_COLUMNS, UNIT_ROWS>;

const stride_a = u32(STAGE + 8);
const stride_b = u32(TILE_COLUMNS + 8);
const result_size = u32(UNIT_ROWS * UNIT_COLUMNS);

// [row][k] and [k][column] of one stage, and one result of each of the four subgroups
var<workgroup> tile_a: array<Operand, TILE_ROWS * stride_a>;
var<workgroup> tile_b: array<Operand, STAGE * stride_b>;
var<workgroup> results: array<f32, 4 * result_size>;

fn load_left(row: u32, k: u32) -> Left { return subgroupMatrixLoad<Left, row_major>(&tile_a, row * stride_a + k, stride_a); }

fn load_right(k: u32, column: u32) -> Right {
  return subgroupMatrixLoad<Right, row_major>(&tile_b, k * stride_b + column, stride_b);
}

fn multiply_add(left: Left, right: Right, sums: Result) -> Result {
  return subgroupMatrixMultiplyAccumulate(left, right, sums);
}

fn store_result(subgroup: u32, sums: Result) {
  subgroupMatrixStore<row_major>(&results, subgroup * result_size, sums, UNIT_COLUMNS);
}
