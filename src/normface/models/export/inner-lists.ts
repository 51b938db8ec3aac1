import type { NamedLayer } from '../../nets/layer.ts';
import type { Layer } from '../../nets/net.ts';

/** The layers inside one, which are planned as one list, by the lists that they are in. */
export function innerLists(
  { inner = [] }: NamedLayer,
  lists: readonly (readonly Layer[])[],
): readonly NamedLayer[][] {
  let begin = 0;
  return lists.map(({ length }) => {
    begin += length;
    return inner.slice(begin - length, begin);
  });
}
