/** Which operator call the dispatches that are being recorded belong to. */
export class OperatorCalls {
  private readonly operators: string[] = [];
  private calls = 0;

  /** See `Device.within`. */
  within<T>(operator: string, body: () => T): T {
    if (this.operators.length === 0) this.calls++;
    this.operators.push(operator);
    try {
      return body();
    } finally {
      this.operators.pop();
    }
  }

  /** The outermost operator that is being called. */
  get operator(): string | undefined {
    return this.operators[0];
  }

  /** Number of the latest call. */
  get latest(): number {
    return this.calls;
  }

  /** Number of the call that a dispatch belongs to: a kernel that no operator calls is a call of its own. */
  ofDispatch(): number {
    return this.operators.length === 0 ? ++this.calls : this.calls;
  }
}
