/** The net that comes with the page, in a chunk of its own: the page may load scripts but open no connection. */

import threshold from './threshold.json' with { type: 'json' };
import weights from './weights.safetensors';

export { threshold, weights };
