/** A colour on white paper and the one that stands for it on a dark page. */
export interface ThemedColour {
  readonly light: string;
  readonly dark: string;
}

/**
 * Ten colours for series and classes, `#rrggbb`. Any two differ by at least 20 in CIEDE2000 (Sharma, Wu, Dalal 2005), and by at
 * least 12 as readers without one of the three kinds of cones see them (Machado, Oliveira, Fernandes 2009, severity 1); all have a
 * contrast of at least 3 : 1 with page and panels. Found by annealing the smallest difference in both themes at once.
 */
export const seriesColours: readonly ThemedColour[] = [
  { light: '#1065d6', dark: '#97a5ff' },
  { light: '#c17a00', dark: '#f16a00' },
  { light: '#269f8a', dark: '#13b96e' },
  { light: '#94004d', dark: '#fb8db4' },
  { light: '#2e038f', dark: '#006dbd' },
  { light: '#586001', dark: '#ddef3e' },
  { light: '#542210', dark: '#ffdacd' },
  { light: '#a281bd', dark: '#756580' },
  { light: '#296065', dark: '#b1f5ff' },
  { light: '#8f6a62', dark: '#c03a3f' },
];
