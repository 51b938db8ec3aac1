/**
 * The page does not allow code made from strings. Zod, which checks configurations, would try whether it is allowed, and the browser
 * would report the try as an error: it must be told before the first schema is made.
 */

import { config } from 'zod/v4/core';

config({ jitless: true });
