import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { installWithApt } from './apt.mjs';
import { readText } from './files.mjs';
import { parseOsRelease } from './linux-driver.mjs';
import { SetupError, say } from './process.mjs';

/** What `npm run check:gpu` needs on Debian and Ubuntu: Mesa's drivers of all GPUs, a C compiler, headers of libdrm and Vulkan. */
export const COMPILER_PACKAGES = ['mesa-vulkan-drivers', 'gcc', 'libc6-dev', 'libdrm-dev', 'libvulkan-dev'];

/** A file of each of them but the compiler. */
const FILES = [
  '/usr/share/vulkan/icd.d/intel_icd.json',
  '/usr/include/stdlib.h',
  '/usr/include/libdrm/i915_drm.h',
  '/usr/include/vulkan/vk_layer.h',
];

export function hasGpuCompilers() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return FILES.every((file) => existsSync(file)) && folders.some((folder) => existsSync(join(folder, 'cc')));
}

/**
 * The command that installs them, without sudo; undefined where apt does not rule.
 *
 * @param {import('./linux-driver.mjs').Distribution} distribution
 * @returns {string[] | undefined}
 */
export function compilerRecipe({ families, codename }) {
  if (!families.includes('debian')) return undefined;
  // Mesa is from there on Debian 12, and its headers must be of the same version as its libraries.
  const suite = codename === 'bookworm' ? ['-t', 'bookworm-backports'] : [];
  return ['apt-get', 'install', '-y', '--no-install-recommends', ...suite, ...COMPILER_PACKAGES];
}

/** Installs them where that is possible without asking. Elsewhere it says what is missing, and the check will be left out. */
export async function installGpuCompilers() {
  const recipe = compilerRecipe(parseOsRelease(readText('/etc/os-release')));
  const isRoot = process.getuid?.() === 0;
  if (!recipe || !isRoot || !existsSync('/usr/bin/apt-get')) {
    const how = recipe ? `; to have it, run:\n  sudo ${recipe.join(' ')}` : '';
    say(`the compilers of GPUs that npm run check:gpu takes are not all here${how}`);
    return;
  }
  const command = recipe.join(' ');
  say(`installing the compilers of GPUs:\n  ${command}`);
  try {
    await installWithApt(recipe, { what: 'the compilers of GPUs', command });
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
  }
}
