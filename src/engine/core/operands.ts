import { checkArgument } from './errors.ts';
import { Tensor } from './tensor.ts';

/** Throws an ArgumentError unless the operands of an operator are tensors, which JavaScript does not check. */
export function checkOperands(operator: string, ...operands: readonly unknown[]): void {
  for (const operand of operands)
    checkArgument(
      operand instanceof Tensor,
      operator,
      () => `the operands are tensors, not ${String(operand)}`,
    );
}

/** The same of operands that may be missing: null or undefined. */
export function checkOptionalOperands(operator: string, ...operands: readonly unknown[]): void {
  checkOperands(operator, ...operands.filter((operand) => operand !== null && operand !== undefined));
}
