import { seriesColour, themeColour } from '../parts/colours.ts';

/** The colours of the theme at this moment. */
export interface Palette {
  readonly ink: string;
  readonly soft: string;
  readonly line: string;
  readonly paper: string;
  readonly raised: string;
  readonly accent: string;
  readonly warn: string;
  /** One for each class, again from the first after ten. */
  readonly classes: readonly string[];
}

export function readPalette(): Palette {
  return {
    ink: themeColour('--ink'),
    soft: themeColour('--ink-soft'),
    line: themeColour('--line'),
    paper: themeColour('--paper'),
    raised: themeColour('--raised'),
    accent: themeColour('--accent'),
    warn: themeColour('--warn'),
    classes: Array.from({ length: 10 }, (_, k) => seriesColour(k)),
  };
}
