/** The page that runs the operator table on the browser's GPU; `?cases=all` for all of it. */

import type { AdapterReport } from '../../src/engine/runtime/adapter.ts';
import { openDevice } from '../../src/engine/runtime/open.ts';
import { type Extent, OperatorTable } from './table.ts';

export interface TablePage {
  readonly adapter: AdapterReport;
  readonly table: OperatorTable;
}

async function open(): Promise<TablePage> {
  const device = await openDevice({ tune: 'off' });
  const extent = new URL(location.href).searchParams.get('cases') as Extent;
  return { adapter: device.report, table: new OperatorTable(device, extent) };
}
// A promise, so that whoever waits for it hears why there is none.
Object.assign(globalThis, { tablePage: open() });
