import { pictureFont, pictureStyle } from '../profile/picture-style.ts';

/** Lays a graph out. @param dot what `graphDot` gives */
export async function graphSvg(dot: string): Promise<string> {
  // Graphviz as WebAssembly takes a quarter of a second to load: only those who draw pay for it.
  const { instance } = await import('@viz-js/viz');
  const drawn = (await instance()).renderString(dot, { format: 'svg' });
  return drawn
    .slice(drawn.indexOf('<svg'))
    .replaceAll(/<!--[\s\S]*?-->\n?/g, '')
    .replace('<svg', '<svg class="autograd"')
    .replaceAll(/font-family="[^"]*"/g, `font-family="${pictureFont}"`)
    .replace(/<g id="graph0"/, `${pictureStyle('.autograd')}\n$&`);
}
