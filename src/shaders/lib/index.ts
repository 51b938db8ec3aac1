import agent_classes from './agent_classes.wesl';
import agent_distance from './agent_distance.wesl';
import agent_entry from './agent_entry.wesl';
import agent_state from './agent_state.wesl';
import at_least from './at_least.wesl';
import augmentation from './augmentation.wesl';
import binary_classes from './binary_classes.wesl';
import binary_entry from './binary_entry.wesl';
import binary_state from './binary_state.wesl';
import broadcast from './broadcast.wesl';
import class_jacobian from './class_jacobian.wesl';
import class_norms from './class_norms.wesl';
import class_score from './class_score.wesl';
import class_window from './class_window.wesl';
import elements from './elements.wesl';
import entry_statistics from './entry_statistics.wesl';
import epilogue from './epilogue.wesl';
import half_pairs from './half_pairs.wesl';
import lines from './lines.wesl';
import logistic from './logistic.wesl';
import margin from './margin.wesl';
import matrix_unit from './matrix_unit.wesl';
import nan from './nan.wesl';
import normalised from './normalised.wesl';
import operand_block from './operand_block.wesl';
import ordered_bits from './ordered_bits.wesl';
import pool from './pool.wesl';
import random from './random.wesl';
import resize from './resize.wesl';
import rolled from './rolled.wesl';
import row_chunk from './row_chunk.wesl';
import row_norm from './row_norm.wesl';
import row_sum from './row_sum.wesl';
import softmax_classes from './softmax_classes.wesl';
import softmax_state from './softmax_state.wesl';
import special from './special.wesl';
import subgroup_matrix from './subgroup_matrix.wesl';
import tile_grid from './tile_grid.wesl';
import tile_product_matrix from './tile_product_matrix.wesl';
import tile_product_pipelined from './tile_product_pipelined.wesl';
import tile_product_stationary from './tile_product_stationary.wesl';
import tile_product_subgroup from './tile_product_subgroup.wesl';
import tile_product_workgroup from './tile_product_workgroup.wesl';
import tile_sums from './tile_sums.wesl';
import unified_entry from './unified_entry.wesl';
import winograd from './winograd.wesl';
import winograd_tiles from './winograd_tiles.wesl';

/** Modules that kernels import as `package::lib::…`, by the name that comes last. */
const modules = {
  agent_classes,
  agent_distance,
  agent_entry,
  agent_state,
  at_least,
  augmentation,
  binary_classes,
  binary_entry,
  binary_state,
  broadcast,
  class_jacobian,
  class_norms,
  class_score,
  class_window,
  elements,
  entry_statistics,
  epilogue,
  half_pairs,
  lines,
  logistic,
  margin,
  matrix_unit,
  nan,
  normalised,
  operand_block,
  ordered_bits,
  pool,
  random,
  resize,
  rolled,
  row_chunk,
  row_norm,
  row_sum,
  softmax_classes,
  softmax_state,
  special,
  subgroup_matrix,
  tile_grid,
  tile_product_matrix,
  tile_product_pipelined,
  tile_product_stationary,
  tile_product_subgroup,
  tile_product_workgroup,
  tile_sums,
  unified_entry,
  winograd,
  winograd_tiles,
};

/** The same by the path that the linker looks for. */
export const shaderLibrary: Record<string, string> = Object.fromEntries(
  Object.entries(modules).map(([name, source]) => [`./lib/${name}.wesl`, source]),
);
