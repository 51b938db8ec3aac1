/** Entry of the process that times variants. */

import { serveBench } from './serve-bench.node.ts';

serveBench();
