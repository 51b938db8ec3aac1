import agentDistance from './agent_distance.wgsl';
import agentEntry from './agent_entry.wgsl';
import agentState from './agent_state.wgsl';
import atLeast from './at_least.wgsl';
import binaryEntry from './binary_entry.wgsl';
import classScore from './class_score.wgsl';
import elements from './elements.wgsl';
import epilogue from './epilogue.wgsl';
import logistic from './logistic.wgsl';
import margin from './margin.wgsl';
import matrixUnit from './matrix_unit.wgsl';
import nan from './nan.wgsl';
import pool from './pool.wgsl';
import random from './random.wgsl';
import rolled from './rolled.wgsl';
import rowNorm from './row_norm.wgsl';
import rowSum from './row_sum.wgsl';
import softmaxState from './softmax_state.wgsl';
import strand from './strand.wgsl';
import subgroupMatrix from './subgroup_matrix.wgsl';
import tileGrid from './tile_grid.wgsl';
import winograd from './winograd.wgsl';
import winogradTiles from './winograd_tiles.wgsl';

/** Modules that kernels import as `package::lib::name`. */
export const shaderLibrary: Record<string, string> = {
  './lib/agent_distance.wesl': agentDistance,
  './lib/agent_entry.wesl': agentEntry,
  './lib/agent_state.wesl': agentState,
  './lib/binary_entry.wesl': binaryEntry,
  './lib/class_score.wesl': classScore,
  './lib/elements.wesl': elements,
  './lib/epilogue.wesl': epilogue,
  './lib/at_least.wesl': atLeast,
  './lib/logistic.wesl': logistic,
  './lib/margin.wesl': margin,
  './lib/matrix_unit.wesl': matrixUnit,
  './lib/nan.wesl': nan,
  './lib/pool.wesl': pool,
  './lib/random.wesl': random,
  './lib/rolled.wesl': rolled,
  './lib/row_norm.wesl': rowNorm,
  './lib/row_sum.wesl': rowSum,
  './lib/softmax_state.wesl': softmaxState,
  './lib/strand.wesl': strand,
  './lib/subgroup_matrix.wesl': subgroupMatrix,
  './lib/tile_grid.wesl': tileGrid,
  './lib/winograd.wesl': winograd,
  './lib/winograd_tiles.wesl': winogradTiles,
};
