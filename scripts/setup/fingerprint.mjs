import { statSync } from 'node:fs';
import { homedir, release } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { listFolder, readText } from './files.mjs';
import { digest } from './state.mjs';

/** Variables that make the Vulkan loader leave out drivers that it would find. */
export const DRIVER_VARIABLES = [
  'VK_DRIVER_FILES',
  'VK_ICD_FILENAMES',
  'VK_LOADER_DRIVERS_SELECT',
  'VK_LOADER_DRIVERS_DISABLE',
];

/**
 * Changes when anything changes on which it depends whether an adapter opens: the drivers' manifests and libraries, the
 * Vulkan loader, GPU device files, the environment, the `webgpu` package. Costs some dozens of file look-ups.
 *
 * @param {string} root
 */
export function adapterFingerprint(root) {
  const facts = [
    release(),
    String(process.getuid?.()),
    readText(join(root, 'node_modules/webgpu/package.json')),
  ];
  for (const name of [...DRIVER_VARIABLES, 'VK_ADD_DRIVER_FILES', 'LD_LIBRARY_PATH']) {
    facts.push(`${name}=${process.env[name] ?? ''}`);
  }
  if (process.platform === 'linux') {
    facts.push(...locateLibrary('libvulkan.so.1'), ...listFolder('/dev/dri'));
    facts.push(...listFolder('/dev').filter((path) => path.startsWith('/dev/nvidia')));
    for (const manifest of driverManifests()) {
      facts.push(stamp(manifest));
      const library = /"library_path"\s*:\s*"([^"]+)"/.exec(readText(manifest))?.[1];
      if (library) facts.push(...locateLibrary(library));
    }
  }
  return digest(facts.join('\n'));
}

/** Where the Vulkan loader looks (Khronos' Vulkan-Loader, LoaderDriverInterface.md). */
function driverManifests() {
  const { VK_DRIVER_FILES, VK_ICD_FILENAMES, VK_ADD_DRIVER_FILES, XDG_DATA_HOME } = process.env;
  const named = [VK_DRIVER_FILES, VK_ICD_FILENAMES, VK_ADD_DRIVER_FILES].flatMap(
    (list) => list?.split(':') ?? [],
  );
  const bases = ['/etc', '/usr/local/share', '/usr/share', '/run/opengl-driver/share'];
  bases.push(XDG_DATA_HOME ?? join(homedir(), '.local/share'));
  return [...named, ...bases.flatMap((base) => listFolder(`${base}/vulkan/icd.d`))];
}

/** @param {string} name a path, or a file name that the dynamic linker looks up */
function locateLibrary(name) {
  if (isAbsolute(name)) return [stamp(name)];
  const multiarch = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  const folders = [`/usr/lib/${multiarch}`, '/usr/lib64', '/usr/lib', '/usr/local/lib'];
  folders.push(...(process.env.LD_LIBRARY_PATH?.split(':') ?? []));
  return folders.map((folder) => stamp(join(folder, name)));
}

/** @param {string} path */
function stamp(path) {
  try {
    const { size, mtimeMs } = statSync(path);
    return `${path} ${size} ${mtimeMs}`;
  } catch {
    return `${path} missing`;
  }
}
