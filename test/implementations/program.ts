/**
 * The program that runs the operator table in Deno, Bun or Node: a line of JSON for the adapter and what is to come, then one for each
 * entry. Its word is the extent, `all` or `covering`.
 */

import { openDevice as openDawn } from '../../src/engine/runtime/device.node.ts';
import { openDevice } from '../../src/engine/runtime/open.ts';
import { type Extent, OperatorTable } from './table.ts';

// Deno has a WebGPU of its own, as browsers do.
const isOffered = (globalThis.navigator as Navigator | undefined)?.gpu !== undefined;
const device = await (isOffered ? openDevice : openDawn)({ tune: 'off' });
const table = new OperatorTable(device, process.argv[2] as Extent);
console.log(JSON.stringify({ adapter: device.report, entries: table.entries }));
for (const index of table.entries.keys()) console.log(JSON.stringify(await table.check(index)));
device.close();
process.exit(0);
