/** The operator table on as many lanes of the software driver as the processor has, and with subgroups of as many. */

import { extent, tableTests } from '../implementations/suite.ts';
import { OperatorTable } from '../implementations/table.ts';
import { testDevice } from './open.ts';

const device = await testDevice({ tune: 'off' });
const table = new OperatorTable(device, extent);
tableTests({
  implementation: 'all lanes',
  adapter: device.report,
  entries: table.entries,
  check: (index) => table.check(index),
});
