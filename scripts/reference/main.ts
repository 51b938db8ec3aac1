/** Writes the reference pages into docs/. */

import { writeFileSync } from 'node:fs';
import { commandLinePage } from './command-line.ts';
import { configurationPage } from './configuration.ts';

writeFileSync('docs/cli.md', commandLinePage());
writeFileSync('docs/configuration.md', configurationPage());
