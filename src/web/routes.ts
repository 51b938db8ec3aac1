/** Which page the URL's hash names: `#/verify?merge=sum`. */

/** Names of the pages: the front page, whose hash is empty, and the others in the order of the navigation. */
export const pageNames = ['start', 'kernels', 'train', 'verify', 'device'] as const;
export type PageName = (typeof pageNames)[number];

export interface Route {
  readonly page: PageName;
  readonly parameters: URLSearchParams;
}

/** The route of a hash; undefined when it names no page. An empty hash is the front page. */
export function parseHash(hash: string): Route | undefined {
  const [, path = '', query = ''] = /^#?\/?([^?]*)(?:\?(.*))?$/.exec(hash) ?? [];
  const page = path === '' ? pageNames[0] : pageNames.slice(1).find((name) => name === path);
  return page && { page, parameters: new URLSearchParams(query) };
}

/** The hash of a route. */
export function formatHash({ page, parameters }: Route): string {
  const query = parameters.toString();
  return `#/${page === pageNames[0] ? '' : page}${query && `?${query}`}`;
}
