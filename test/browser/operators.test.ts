/** The operator table in Chromium, whose WebGPU is Dawn as in Node, on another software driver: SwiftShader. */

import { openTable } from '../implementations/open-table.ts';
import { tableTests } from '../implementations/suite.ts';
import { startBrowser } from './browser.ts';

tableTests(await openTable(await startBrowser(), 'Chromium'));
