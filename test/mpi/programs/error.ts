/** A call that MPI refuses. */

import { Binding, MpiError } from '../../../src/engine/distributed/mpi/binding.node.ts';
import { launchedBy } from '../../../src/engine/distributed/mpi/launcher.ts';
import { loadLibrary } from '../../../src/engine/distributed/mpi/library.node.ts';

const binding = new Binding(await loadLibrary(launchedBy(process.env)));
const { world, types, threads, errorsReturn } = binding.abi;
binding.call('MPI_Init_thread', null, null, threads.multiple, new Int32Array(1));
binding.call('MPI_Comm_set_errhandler', world, errorsReturn);
const noRank = 99;
const seen: string[] = [];
for (const how of ['call', 'start'] as const) {
  try {
    await binding[how]('MPI_Bcast', new Float32Array(1), 1, types.Float32Array, noRank, world);
  } catch (error) {
    if (error instanceof MpiError) seen.push(`${error.function}, class ${error.class}: ${error.text}`);
  }
}
binding.call('MPI_Finalize');
console.log(JSON.stringify(seen));
