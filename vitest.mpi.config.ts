import { drivingOthers } from './vitest.web.config.ts';

/** Tests of several processes under launchers of MPI: `npm run test:mpi`. */
export default drivingOthers('test/mpi/**/*.test.ts');
