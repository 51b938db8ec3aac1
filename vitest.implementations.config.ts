import { drivingOthers } from './vitest.web.config.ts';

/** Tests in other implementations of WebGPU and other runtimes: `npm run test:deno`, `test:firefox`, `test:runtimes`. */
export default drivingOthers('test/implementations/**/*.test.ts');
