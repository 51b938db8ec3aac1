/**
 * An open scope, as the body of `device.scope` gets it.
 *
 * Scopes with asynchronous bodies may run side by side. What a body makes before its first `await`, inside a synchronous scope or
 * inside {@link Scope.run} is its own and is freed when it ends. JavaScript does not tell whose body goes on after an `await`: what
 * is made then belongs to all scopes that wait at that moment, and is freed when the last of them has ended. So work that goes on
 * beside a waiting scope and makes tensors needs a scope of its own too, and a body awaits the scopes that it opens.
 */
export interface Scope {
  /**
   * What `part` makes before it returns belongs to this scope and to no other, however many wait.
   *
   * @throws ArgumentError if the scope has ended
   */
  run<T>(part: () => T): T;
}
