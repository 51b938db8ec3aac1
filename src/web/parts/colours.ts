/** Colours of the theme for what is drawn on canvases, which cannot use custom properties themselves. */

/** The value of a custom property of the theme, such as `--accent`. */
export function themeColour(name: `--${string}`): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** The colour of class `index`: ten colours, then again from the first. */
export function seriesColour(index: number): string {
  return themeColour(`--series-${(index % 10) + 1}`);
}

/** Calls `redraw` whenever light and dark change places, until `signal` is aborted. */
export function onThemeChange(signal: AbortSignal, redraw: () => void): void {
  const observer = new MutationObserver(redraw);
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  signal.addEventListener('abort', () => observer.disconnect());
}
