/**
 * Light or dark. A script of its own that imports nothing: the page loads it before its first paint, so that nothing flashes.
 * The system's choice holds until the toggle is used; only a choice that differs from the system's is remembered.
 */

(() => {
  const key = 'normface-theme';
  const prefersDark = matchMedia('(prefers-color-scheme: dark)');

  /** Storage can be switched off; then the choice lasts as long as the page. */
  const stored = (): string | null => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  };
  let chosen = stored();

  const apply = (): void => {
    const dark = chosen ? chosen === 'dark' : prefersDark.matches;
    document.documentElement.dataset.theme = dark ? 'dark' : 'light';
    document.querySelector('[data-theme-toggle]')?.setAttribute('aria-pressed', String(dark));
  };

  const toggle = (): void => {
    const next = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
    chosen = next === (prefersDark.matches ? 'dark' : 'light') ? null : next;
    try {
      if (chosen) localStorage.setItem(key, chosen);
      else localStorage.removeItem(key);
    } catch {
      // Not remembered, see above.
    }
    apply();
  };

  apply();
  prefersDark.addEventListener('change', apply);
  document.addEventListener('DOMContentLoaded', apply);
  document.addEventListener('click', (event) => {
    if (event.target instanceof Element && event.target.closest('[data-theme-toggle]')) toggle();
  });
})();
