/**
 * Which commands give a Linux machine the software Vulkan driver (Mesa's llvmpipe). Decisions only: nothing here reads
 * a file or runs a program.
 */

/** Dawn refuses older ones: their llvmpipe lacks shaderUniform*ArrayDynamicIndexing (Mesa 22.3.6 was tried). */
export const OLDEST_MESA = 24;

export const DRIVER_PACKAGE = 'mesa-vulkan-drivers';

/**
 * @typedef {{ name: string, families: string[], codename: string }} Distribution
 * @typedef {{ uri: string, suites: string[], signedBy?: string }} AptSource
 * @typedef {{ family: string, source?: { path: string, line: string }, suite?: string, install: string[] }} DriverRecipe
 *   `source`: an apt source to add first; `suite`: the apt suite to install from; `install`: the command, without sudo
 */

/**
 * Reads /etc/os-release (freedesktop.org, os-release(5)).
 *
 * @param {string} text
 * @returns {Distribution} `families`: its own id, then those it is like
 */
export function parseOsRelease(text) {
  /** @type {Record<string, string>} */
  const fields = {};
  for (const line of text.split('\n')) {
    const [, name, value] = /^([A-Z_0-9]+)=(.*)$/.exec(line.trim()) ?? [];
    if (name && value !== undefined) fields[name] = value.replace(/^(["'])(.*)\1$/, '$2');
  }
  return {
    name: fields.PRETTY_NAME ?? fields.NAME ?? fields.ID ?? 'this Linux',
    families: [fields.ID ?? '', ...(fields.ID_LIKE ?? '').split(/\s+/)].filter(Boolean),
    codename: fields.DEBIAN_CODENAME ?? fields.VERSION_CODENAME ?? '',
  };
}

/**
 * Reads apt's sources in both of their formats, sources.list(5): lines `deb [options] uri suite components`, and
 * paragraphs of fields (`.sources` files).
 *
 * @param {string} text
 * @returns {AptSource[]}
 */
export function parseAptSources(text) {
  /** @type {AptSource[]} */
  const sources = [];
  const uncommented = text.replace(/^\s*#.*\n?/gm, '');
  for (const [, options = '', uri = '', suite = ''] of uncommented.matchAll(
    /^deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)/gm,
  )) {
    const signedBy = /signed-by=(\S+)/i.exec(options)?.[1];
    sources.push({ uri, suites: [suite], signedBy });
  }
  for (const paragraph of uncommented.split(/\n\s*\n/)) {
    const field = (/** @type {string} */ name) =>
      new RegExp(`^${name}:[ \\t]*(.*)$`, 'im').exec(paragraph)?.[1]?.trim();
    const [types, uris, suites] = [field('Types'), field('URIs'), field('Suites')];
    if (!types?.split(/\s+/).includes('deb') || !uris || !suites) continue;
    if (/^(no|false|without|off|disable|0)$/i.test(field('Enabled') ?? '')) continue;
    // A key may also be written out in the paragraph; then only paths are worth repeating.
    const signedBy = field('Signed-By')?.startsWith('/') ? field('Signed-By') : undefined;
    for (const uri of uris.split(/\s+/)) sources.push({ uri, suites: suites.split(/\s+/), signedBy });
  }
  return sources;
}

/**
 * @param {Distribution} distribution
 * @param {AptSource[]} aptSources
 * @returns {DriverRecipe | null} null where no package with the driver is known
 */
export function driverRecipe(distribution, aptSources) {
  const family = distribution.families.find((name) => name in RECIPES);
  return (family && RECIPES[family]?.(distribution, aptSources)) || null;
}

/** @type {Record<string, (distribution: Distribution, aptSources: AptSource[]) => DriverRecipe>} */
const RECIPES = {
  debian: aptRecipe,
  ubuntu: aptRecipe,
  fedora: () => ({ family: 'fedora', install: ['dnf', 'install', '-y', DRIVER_PACKAGE, 'vulkan-loader'] }),
  arch: () => ({
    family: 'arch',
    install: ['pacman', '-S', '--needed', 'vulkan-swrast', 'vulkan-icd-loader'],
  }),
  suse: () => ({ family: 'suse', install: ['zypper', 'install', '-y', 'libvulkan_lvp', 'libvulkan1'] }),
};

/** @param {Distribution} distribution @param {AptSource[]} aptSources @returns {DriverRecipe} */
function aptRecipe({ codename }, aptSources) {
  // Reinstalled, since a driver that is there but does not open may have lost its files.
  const install = [
    'apt-get',
    'install',
    '-y',
    '--no-install-recommends',
    '--reinstall',
    DRIVER_PACKAGE,
    'libvulkan1',
  ];
  // Debian 12 itself has Mesa 22.3.6; its backports have a newer one.
  if (codename !== 'bookworm') return { family: 'apt', install };
  const suite = 'bookworm-backports';
  install.splice(2, 0, '-t', suite);
  if (aptSources.some((source) => source.suites.includes(suite))) return { family: 'apt', suite, install };
  const main = aptSources.find((source) => source.suites.includes('bookworm'));
  const options = main?.signedBy ? `[signed-by=${main.signedBy}] ` : '';
  const line = `deb ${options}${main?.uri ?? 'http://deb.debian.org/debian'} ${suite} main`;
  return { family: 'apt', suite, install, source: { path: `/etc/apt/sources.list.d/${suite}.list`, line } };
}

/**
 * The recipe as one line to paste into a shell.
 *
 * @param {DriverRecipe} recipe
 * @param {{ isRoot: boolean }} who
 */
export function shellCommand({ family, source, install }, { isRoot }) {
  const sudo = isRoot ? '' : 'sudo ';
  const steps = [];
  if (source) steps.push(`echo '${source.line}' | ${sudo}tee ${source.path}`);
  if (family === 'apt') steps.push(`${sudo}apt-get update`);
  steps.push(`${sudo}${install.join(' ')}`);
  return steps.join(' && ');
}

/**
 * The version that apt would install, from the output of `apt-cache policy PACKAGE` in the C locale.
 *
 * @param {string} policy
 */
export function candidateVersion(policy) {
  return /^\s*Candidate:\s*(\d\S*)/m.exec(policy)?.[1];
}

/** @param {string} version a Debian package version: `[epoch:]upstream[-revision]` */
export function mesaIsNewEnough(version) {
  return Number.parseInt(version.replace(/^\d+:/, ''), 10) >= OLDEST_MESA;
}
