/** The drivers, and the two libraries of scripts/gpu-compilers that make them compile without a GPU. */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeFolders } from '../../src/common/files.node.ts';
import type { CompiledGpu } from '../../src/inspector/compiled/gpus.ts';
import { COMPILER_PACKAGES } from '../setup/gpu-compilers.mjs';

/** Something that this machine lacks, so that there is nothing to check here. */
export class MissingToolError extends Error {}

const advice = `on Debian: apt-get install ${COMPILER_PACKAGES.join(' ')}`;

const layerName = 'VK_LAYER_NORMFACE_pipeline_statistics';
const libraries = ['i915', 'pipeline_statistics'] as const;

/** Where the Vulkan loader finds drivers (Khronos' Vulkan-Loader, LoaderDriverInterface.md), those of distributions. */
const manifestFolders = ['/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/usr/share/vulkan/icd.d'];

export class Toolchain {
  private readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Compiles the libraries unless that is done.
   *
   * @param root of the project
   * @throws MissingToolError with one sentence where this machine cannot
   */
  static prepare(root: string): Toolchain {
    if (process.platform !== 'linux') throw new MissingToolError('the drivers are those of Linux');
    const sources = libraries.map((name) => path.join(root, `scripts/gpu-compilers/${name}.c`));
    const digest = createHash('sha256');
    for (const source of sources) digest.update(readFileSync(source));
    const folder = path.join(
      root,
      'node_modules/.cache/normface/gpu-compilers',
      digest.digest('hex').slice(0, 16),
    );
    if (!existsSync(folder)) {
      // Made beside its place, so that a process that is stopped, or another one at the same time, leaves no half of it.
      const next = `${folder}.${process.pid}`;
      try {
        build(sources, next);
        if (!existsSync(folder)) renameSync(next, folder);
      } finally {
        rmSync(next, { recursive: true, force: true });
      }
    }
    return new Toolchain(folder);
  }

  /**
   * The environment of a process in which this GPU opens.
   *
   * @param records file that the driver's statistics are written to
   * @throws MissingToolError without the driver
   */
  environment(
    { manifest, environment, needsModule, title }: CompiledGpu,
    records: string,
  ): Record<string, string> {
    return {
      ...commonEnvironment(manifest, title),
      ...environment,
      ...(needsModule && { LD_PRELOAD: path.join(this.folder, 'i915.so') }),
      VK_LAYER_PATH: this.folder,
      VK_INSTANCE_LAYERS: layerName,
      PIPELINE_STATISTICS: records,
    };
  }
}

/**
 * The environment of a process in which llvmpipe opens and prints its assembly.
 *
 * @throws MissingToolError without the driver
 */
export function softwareEnvironment(): Record<string, string> {
  return { ...commonEnvironment('lvp_icd', 'processors'), GALLIVM_DEBUG: 'asm' };
}

function commonEnvironment(manifest: string, title: string): Record<string, string> {
  const names = [`${manifest}.json`, `${manifest}.x86_64.json`];
  const driver = manifestFolders
    .flatMap((folder) => names.map((name) => path.join(folder, name)))
    .find((file) => existsSync(file));
  if (driver === undefined)
    throw new MissingToolError(
      `Mesa's Vulkan driver for ${title} is not installed (no ${names[0]}); ${advice}`,
    );
  return {
    VK_DRIVER_FILES: driver,
    MESA_SHADER_CACHE_DISABLE: 'true',
    XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? tmpdir(),
  };
}

/** Fills a folder with the libraries and what tells the Vulkan loader of the layer among them. */
function build(sources: readonly string[], folder: string): void {
  makeFolders(folder);
  sources.forEach((source, i) => {
    compileLibrary(source, path.join(folder, `${libraries[i]}.so`));
  });
  const layer = {
    name: layerName,
    type: 'GLOBAL',
    library_path: './pipeline_statistics.so',
    api_version: '1.3.0',
    implementation_version: '1',
    description: 'Writes down what the driver tells of pipelines',
  };
  writeFileSync(path.join(folder, 'layer.json'), JSON.stringify({ file_format_version: '1.1.2', layer }));
}

function compileLibrary(source: string, library: string): void {
  const compiler = process.env.CC ?? 'cc';
  const flags = ['-std=gnu11', '-D_GNU_SOURCE', '-D_LARGEFILE64_SOURCE', '-O2', '-shared', '-fPIC'];
  const folders = ['-I/usr/include/libdrm', '-I/usr/include/drm'];
  const { status, stderr, error } = spawnSync(compiler, [...flags, ...folders, '-o', library, source], {
    encoding: 'utf8',
  });
  if (status === 0) return;
  const why = error ? `${compiler} does not start` : (/fatal error: .*/.exec(stderr)?.[0] ?? stderr.trim());
  throw new MissingToolError(
    `${path.basename(source)} does not compile (${why}); a C compiler and the headers of libdrm and Vulkan are needed, ${advice}`,
  );
}
