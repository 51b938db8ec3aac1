/**
 * Opens a WebGPU device and prints one line of JSON: `{ "adapter": "…" }`, or `{ "problem": "…" }` where not even the
 * `webgpu` package loads, or `{}` where no adapter opens. A process of its own, since a broken driver may crash or hang
 * the one that loads it.
 */

/** @returns {Promise<{ adapter?: string, problem?: string }>} */
async function open() {
  /** @type {typeof import('webgpu')} */
  let webgpu;
  try {
    webgpu = await import('webgpu');
  } catch (error) {
    return { problem: String(error instanceof Error ? error.message : error).split('\n')[0] };
  }
  Object.assign(globalThis, webgpu.globals);
  const gpu = webgpu.create([]);
  const adapter = await gpu.requestAdapter();
  const opened = await adapter?.requestDevice().catch(() => null);
  if (!adapter || !opened) return {};
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  const name = [device || architecture || vendor, description].filter(Boolean).join(', ');
  return { adapter: isFallbackAdapter ? `${name} (software)` : name };
}

const result = await open();
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
