/** The operator table in Firefox, whose WebGPU is wgpu. */

import { test } from 'vitest';
import { startFirefox } from './firefox.ts';
import { openTable } from './open-table.ts';
import { tableTests } from './suite.ts';

const browser = await startFirefox();
if (browser) tableTests(await openTable(browser, 'Firefox'));
else test.skip('the operator table in Firefox');
