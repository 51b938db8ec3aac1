import { expect, test } from 'vitest';
import { compilerRecipe } from '../../scripts/setup/gpu-compilers.mjs';
import { parseOsRelease } from '../../scripts/setup/linux-driver.mjs';

test('apt installs the compilers of GPUs; Mesa is from the backports on Debian 12, and so are its headers', () => {
  const command = (text: string) => compilerRecipe(parseOsRelease(text))?.join(' ');
  const packages = 'mesa-vulkan-drivers gcc libc6-dev libdrm-dev libvulkan-dev';
  expect(command('ID=debian\nVERSION_CODENAME=bookworm')).toBe(
    `apt-get install -y --no-install-recommends -t bookworm-backports ${packages}`,
  );
  expect(command('ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble')).toBe(
    `apt-get install -y --no-install-recommends ${packages}`,
  );
  expect(command('ID=fedora')).toBeUndefined();
});
