/**
 * A tree of names that grows by leaves, with nearest common ancestors in a number of steps that grows with the logarithm of the depth:
 * each name also knows an ancestor farther away, at the distances of skew binary numbers (Myers 1983, "An applicative random-access
 * stack", Information Processing Letters 17(5)).
 */

interface Place {
  readonly name: string;
  readonly depth: number;
  /** The root's are itself. */
  readonly parent: Place;
  readonly far: Place;
}

export class AncestorTree {
  private readonly places = new Map<string, Place>();

  constructor(root: string) {
    const place: { -readonly [Key in keyof Place]?: Place[Key] } = { name: root, depth: 0 };
    place.parent = place as Place;
    place.far = place as Place;
    this.places.set(root, place as Place);
  }

  has(name: string): boolean {
    return this.places.has(name);
  }

  /** @throws Error where the tree does not have the parent */
  add(name: string, parentName: string): void {
    const parent = this.place(parentName);
    const { depth, far } = parent;
    // Two distances that are alike become one of twice as far and one more.
    const isAlike = depth - far.depth === far.depth - far.far.depth;
    this.places.set(name, { name, depth: depth + 1, parent, far: isAlike ? far.far : parent });
  }

  parent(name: string): string {
    return this.place(name).parent.name;
  }

  /** The nearest name that is each of the names or an ancestor of it. */
  common(names: readonly string[]): string {
    return names.map((name) => this.place(name)).reduce(nearestCommon).name;
  }

  private place(name: string): Place {
    const place = this.places.get(name);
    if (!place) throw new Error(`the tree has no ${name}`);
    return place;
  }
}

function nearestCommon(a: Place, b: Place): Place {
  let [deep, other] = a.depth >= b.depth ? [a, b] : [b, a];
  while (deep.depth > other.depth) deep = deep.far.depth >= other.depth ? deep.far : deep.parent;
  // Places of one depth have their far ancestors at one depth, too.
  while (deep !== other)
    [deep, other] = deep.far === other.far ? [deep.parent, other.parent] : [deep.far, other.far];
  return deep;
}
