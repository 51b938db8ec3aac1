/** What esbuild is to make of which source file. */
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { detectorModels, installedModels } from './web/detector-models.mjs';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** @satisfies {import('esbuild').BuildOptions} */
const COMMON = {
  absWorkingDir: ROOT,
  bundle: true,
  format: 'esm',
  target: 'es2023',
  loader: { '.wesl': 'text' },
  logLevel: 'warning',
};

const TUNE_CHILD = 'src/engine/tuning/tune-child.node.ts';

/**
 * The library, the engine alone, the `normface` program, the thread that decodes images and the process that times variants. Packages stay imports. Split,
 * so that the program loads what a command needs only; all chunks lie in dist/ itself, so that `import.meta.url` is there and `./decode-worker.js` beside the
 * file that starts it.
 *
 * @satisfies {import('esbuild').BuildOptions}
 */
export const NODE_BUNDLE = {
  ...COMMON,
  entryPoints: {
    index: 'src/normface/index.node.ts',
    engine: 'src/engine/index.node.ts',
    cli: 'src/cli/main.node.ts',
    'decode-worker': 'src/normface/data/images/decode-worker.node.ts',
    'tune-child': TUNE_CHILD,
  },
  platform: 'node',
  packages: 'external',
  splitting: true,
  chunkNames: '[name]-[hash]',
};

/**
 * The engine, and the part of the library that needs no Node, each as one file that a page can load without a bundler: their
 * packages are inside.
 *
 * @satisfies {import('esbuild').BuildOptions}
 */
export const BROWSER_BUNDLE = {
  ...COMMON,
  entryPoints: { 'engine.browser': 'src/engine/index.ts', 'index.browser': 'src/normface/index.ts' },
  platform: 'browser',
};

/**
 * The module `kernel-sources`: path below src/shaders and text of every kernel file, for who has no GPU that would tell which
 * kernels it runs.
 *
 * @type {import('esbuild').Plugin}
 */
const KERNEL_SOURCES = {
  name: 'kernel-sources',
  setup(build) {
    const folder = join(ROOT, 'src/shaders');
    build.onResolve({ filter: /^kernel-sources$/ }, ({ path }) => ({ path, namespace: path }));
    build.onLoad({ filter: /.*/, namespace: 'kernel-sources' }, () => {
      const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .map((path) => path.replaceAll('\\', '/'))
        .filter((path) => path.endsWith('.wesl') && !path.startsWith('lib/'))
        .sort((a, b) => (basename(a) < basename(b) ? -1 : 1));
      const imports = paths.map((path, index) => `import source${index} from './${path}';`);
      const entries = paths.map((path, index) => `{ path: '${path}', source: source${index} }`);
      return {
        contents: `${imports.join('\n')}\nexport default [${entries.join(', ')}];`,
        resolveDir: folder,
      };
    });
  },
};

/**
 * The web application: static files that can be hosted under any path. Each page is loaded when it is first shown. `theme` stays a
 * script that needs no module, since the page runs it before its first paint.
 *
 * @param {string | undefined} models folder with the models of face-api, which the application then has inside
 * @returns {import('esbuild').BuildOptions & { outdir?: string }}
 */
export const webBundle = (models) => ({
  ...COMMON,
  entryPoints: {
    index: 'src/web/index.html',
    icon: 'src/web/icon.svg',
    style: 'src/web/style.css',
    theme: 'src/web/theme.ts',
    main: 'src/web/main.ts',
    'reference-worker': 'src/web/kernels/reference-worker.ts',
  },
  loader: { '.wesl': 'text', '.html': 'copy', '.svg': 'copy', '.safetensors': 'binary' },
  platform: 'browser',
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  minify: true,
  plugins: [KERNEL_SOURCES, detectorModels(models)],
});

export const WEB_BUNDLE = webBundle(installedModels(ROOT));

/**
 * What keeps the application for use without a network. `define` has to name its files.
 *
 * @satisfies {import('esbuild').BuildOptions}
 */
export const SERVICE_WORKER_BUNDLE = {
  ...COMMON,
  entryPoints: { 'service-worker': 'src/web/service-worker.ts' },
  format: 'iife',
  platform: 'browser',
  minify: true,
};

/**
 * The benchmark, and the report on a GPU. Their peers are installed in bench/node_modules and stay imports.
 *
 * @satisfies {import('esbuild').BuildOptions}
 */
export const BENCH_BUNDLE = {
  ...COMMON,
  entryPoints: {
    bench: 'bench/main.ts',
    rank: 'bench/distributed/rank.ts',
    faces: 'bench/faces/main.ts',
    'gpu-report': 'bench/gpu-report/main.ts',
    'tune-child': TUNE_CHILD,
  },
  outdir: 'bench/.build',
  loader: { '.wesl': 'text', '.py': 'text' },
  platform: 'node',
  packages: 'external',
  sourcemap: true,
};

/**
 * What writes the reference pages.
 *
 * @satisfies {import('esbuild').BuildOptions}
 */
export const REFERENCE_BUNDLE = {
  ...COMMON,
  entryPoints: { main: 'scripts/reference/main.ts' },
  outdir: 'node_modules/.cache/normface/reference',
  platform: 'node',
  packages: 'external',
};

/**
 * What writes the pages of the paper's experiments.
 *
 * @satisfies {import('esbuild').BuildOptions}
 */
export const PAPER_PAGES_BUNDLE = {
  ...COMMON,
  entryPoints: { main: 'scripts/paper-pages/main.ts' },
  outdir: 'node_modules/.cache/normface/paper-pages',
  platform: 'node',
  packages: 'external',
};

/**
 * What writes the table of variants that cards get.
 *
 * @satisfies {import('esbuild').BuildOptions}
 */
export const ESTIMATED_CHOICES_BUNDLE = {
  ...COMMON,
  entryPoints: { main: 'scripts/estimated-choices/main.ts' },
  outdir: 'node_modules/.cache/normface/estimated-choices',
  platform: 'node',
  packages: 'external',
};

/**
 * What checks kernels with the compilers of GPUs: the program, and the processes that it starts for GPUs and for llvmpipe.
 *
 * @satisfies {import('esbuild').BuildOptions}
 */
export const CHECK_GPU_BUNDLE = {
  ...COMMON,
  entryPoints: {
    main: 'scripts/check-gpu/main.ts',
    compile: 'scripts/check-gpu/compile.ts',
    software: 'scripts/check-gpu/software.ts',
  },
  outdir: 'node_modules/.cache/normface/check-gpu',
  sourcemap: true,
  platform: 'node',
  packages: 'external',
};
