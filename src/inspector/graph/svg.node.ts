import { pictureFont, pictureStyle } from '../profile/picture-style.ts';

/** Lays a graph out. @param dot what `graphDot` gives */
export async function graphSvg(dot: string): Promise<string> {
  // Graphviz as WebAssembly takes a quarter of a second to load: only those who draw pay for it.
  const { instance } = await import('@viz-js/viz');
  const drawn = (await instance()).renderString(dot, { format: 'svg' });
  return (
    drawn
      .slice(drawn.indexOf('<svg'))
      .replaceAll(/<!--[\s\S]*?-->\n?/g, '')
      // Points as pixels: text of size 11 is then as large as elsewhere on a page.
      .replace(/width="([\d.]+)pt" height="([\d.]+)pt"/, 'width="$1" height="$2" class="autograd"')
      .replaceAll(/font-family="[^"]*"/g, `font-family="${pictureFont}"`)
      .replace(/<g id="graph0"/, `${pictureStyle('.autograd')}\n$&`)
  );
}
