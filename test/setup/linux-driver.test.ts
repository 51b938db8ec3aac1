import { describe, expect, test } from 'vitest';
import {
  candidateVersion,
  driverRecipe,
  mesaIsNewEnough,
  parseAptSources,
  parseOsRelease,
  shellCommand,
} from '../../scripts/setup/linux-driver.mjs';

const BOOKWORM = parseOsRelease(`PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION_CODENAME=bookworm
ID=debian
`);
const NOBLE = parseOsRelease(`PRETTY_NAME="Ubuntu 24.04.1 LTS"
VERSION_CODENAME=noble
ID=ubuntu
ID_LIKE=debian
UBUNTU_CODENAME=noble
`);

const INSTALL = 'apt-get install -y --no-install-recommends --reinstall mesa-vulkan-drivers libvulkan1';
const INSTALL_BACKPORT = INSTALL.replace('install', 'install -t bookworm-backports');

/** The command a person without root would be told to run. */
function advice(osRelease: ReturnType<typeof parseOsRelease>, sources = '') {
  const recipe = driverRecipe(osRelease, parseAptSources(sources));
  return recipe && shellCommand(recipe, { isRoot: false });
}

describe('os-release', () => {
  test('names, families and codename are read with and without quotes', () => {
    expect(BOOKWORM).toEqual({
      name: 'Debian GNU/Linux 12 (bookworm)',
      families: ['debian'],
      codename: 'bookworm',
    });
    expect(NOBLE.families).toEqual(['ubuntu', 'debian']);
    expect(parseOsRelease(`ID='opensuse-leap'\nID_LIKE="suse opensuse"`).families).toEqual([
      'opensuse-leap',
      'suse',
      'opensuse',
    ]);
  });

  test("a derivative's Debian codename counts, not its own", () => {
    const lmde = parseOsRelease(
      'ID=linuxmint\nID_LIKE=debian\nVERSION_CODENAME=faye\nDEBIAN_CODENAME=bookworm\n',
    );
    expect(advice(lmde)).toContain('-t bookworm-backports');
  });

  test('an empty file is an unknown system, not a crash', () => {
    expect(parseOsRelease('')).toEqual({ name: 'this Linux', families: [], codename: '' });
  });
});

describe('apt sources', () => {
  test('one-line entries, with and without options; comments and deb-src are not entries', () => {
    const text = `# deb http://commented.example/debian bookworm main
deb-src http://source.example/debian bookworm main
deb http://plain.example/debian bookworm main contrib
deb [arch=amd64 signed-by=/usr/share/keyrings/a.gpg] http://signed.example/debian bookworm-updates main
`;
    expect(parseAptSources(text)).toEqual([
      { uri: 'http://plain.example/debian', suites: ['bookworm'], signedBy: undefined },
      {
        uri: 'http://signed.example/debian',
        suites: ['bookworm-updates'],
        signedBy: '/usr/share/keyrings/a.gpg',
      },
    ]);
  });

  test('paragraphs of fields: several addresses and suites, disabled ones left out', () => {
    const text = `Types: deb deb-src
# a comment between fields
URIs: http://one.example/debian http://two.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian.gpg

Enabled: no
Types: deb
URIs: http://disabled.example/debian
Suites: bookworm-backports

Types: deb-src
URIs: http://source.example/debian
Suites: bookworm
`;
    const signedBy = '/usr/share/keyrings/debian.gpg';
    expect(parseAptSources(text)).toEqual([
      { uri: 'http://one.example/debian', suites: ['bookworm', 'bookworm-updates'], signedBy },
      { uri: 'http://two.example/debian', suites: ['bookworm', 'bookworm-updates'], signedBy },
    ]);
  });

  test('a key written out in the paragraph is not taken for a path', () => {
    const text =
      'Types: deb\nURIs: http://a.example/\nSuites: bookworm\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n';
    expect(parseAptSources(text)[0]?.signedBy).toBeUndefined();
  });
});

describe('the command that installs the driver', () => {
  test("Debian 12: adds the backports suite from the machine's own mirror, with its key", () => {
    const sources = 'deb [signed-by=/k.gpg] http://mirror.example/debian bookworm main';
    expect(advice(BOOKWORM, sources)).toBe(
      `echo 'deb [signed-by=/k.gpg] http://mirror.example/debian bookworm-backports main' | sudo tee /etc/apt/sources.list.d/bookworm-backports.list && sudo apt-get update && sudo ${INSTALL_BACKPORT}`,
    );
  });

  test('Debian 12 that knows the suite: adds nothing', () => {
    const sources = 'deb http://mirror.example/debian bookworm-backports main';
    expect(advice(BOOKWORM, sources)).toBe(`sudo apt-get update && sudo ${INSTALL_BACKPORT}`);
  });

  test('Debian 12 without any readable source: the official mirror', () => {
    expect(advice(BOOKWORM)).toContain("'deb http://deb.debian.org/debian bookworm-backports main'");
  });

  test('security updates are no place to look for backports', () => {
    const sources = 'deb http://mirror.example/debian-security bookworm-security main';
    expect(advice(BOOKWORM, sources)).not.toContain('mirror.example');
  });

  test('Ubuntu and newer Debian: plain apt; root needs no sudo', () => {
    expect(advice(NOBLE)).toBe(`sudo apt-get update && sudo ${INSTALL}`);
    const trixie = driverRecipe(parseOsRelease('ID=debian\nVERSION_CODENAME=trixie'), []);
    expect(shellCommand(trixie!, { isRoot: true })).toBe(`apt-get update && ${INSTALL}`);
  });

  test("other families get their own package manager's command, an unknown one none", () => {
    expect(advice(parseOsRelease('ID=fedora'))).toBe('sudo dnf install -y mesa-vulkan-drivers vulkan-loader');
    expect(advice(parseOsRelease('ID=rocky\nID_LIKE="rhel centos fedora"'))).toContain('dnf');
    expect(advice(parseOsRelease('ID=manjaro\nID_LIKE=arch'))).toContain('pacman');
    expect(advice(parseOsRelease('ID="opensuse-leap"\nID_LIKE="suse opensuse"'))).toContain('zypper');
    expect(advice(parseOsRelease('ID=slackware'))).toBeNull();
  });
});

describe('the Mesa on offer', () => {
  const policy = (candidate: string) => `mesa-vulkan-drivers:
  Installed: (none)
  Candidate: ${candidate}
  Version table:
     22.3.6-1+deb12u2 500
`;

  test("apt's candidate is read, and is unknown where there is none", () => {
    expect(candidateVersion(policy('25.0.7-2~bpo12+1'))).toBe('25.0.7-2~bpo12+1');
    expect(candidateVersion(policy('(none)'))).toBeUndefined();
    expect(candidateVersion('')).toBeUndefined();
  });

  test('Mesa 24 and later will do, whatever the epoch', () => {
    expect(mesaIsNewEnough('24.0.5-1ubuntu1')).toBe(true);
    expect(mesaIsNewEnough('1:25.0.7-2')).toBe(true);
    expect(mesaIsNewEnough('23.2.1-1ubuntu3.1~22.04.3')).toBe(false);
    expect(mesaIsNewEnough('22.3.6-1+deb12u2')).toBe(false);
  });
});
