// What `enable chromium_experimental_subgroup_matrix` brings, for the linker, which does not know it yet; kernel.ts takes these
// declarations out of what the driver gets. Of the extents of a type, columns come first:
//
//   subgroup_matrix_left<T, K, M>, subgroup_matrix_right<T, N, K>, subgroup_matrix_result<T, N, M>
//   subgroupMatrixLoad<Type, row_major>(&array, offset, stride), offset and stride in elements
//   subgroupMatrixMultiplyAccumulate(left, right, result) → result
//   subgroupMatrixStore<row_major>(&array, offset, matrix, stride)
struct subgroup_matrix_left { builtin: u32 }
struct subgroup_matrix_right { builtin: u32 }
struct subgroup_matrix_result { builtin: u32 }
const row_major = 0;
fn subgroupMatrixLoad() {}
fn subgroupMatrixMultiplyAccumulate() {}
fn subgroupMatrixStore() {}
