/** The page Verify: a checkpoint and some faces, their cosines, and who is the same person. */

import type { Mount } from '../page.ts';
import { VerifyPage } from './verify-page.ts';

export const mount: Mount = (root, context) => new VerifyPage(root, context);
