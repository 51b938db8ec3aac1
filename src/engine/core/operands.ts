import { showValue } from '../../common/show-value.ts';
import { checkArgument } from './errors.ts';
import { Tensor } from './tensor.ts';

/** Throws an ArgumentError unless the operands of an operator are tensors, which JavaScript does not check. */
export function checkOperands(operator: string, ...operands: readonly unknown[]): void {
  for (const operand of operands)
    checkArgument(
      operand instanceof Tensor,
      operator,
      () =>
        `the operands are tensors, not ${isOptions(operand) ? `${showValue(operand)}; options come after them` : String(operand)}`,
    );
}

/** The same of operands that may be missing: null or undefined. */
export function checkOptionalOperands(operator: string, ...operands: readonly unknown[]): void {
  checkOperands(operator, ...operands.filter((operand) => operand !== null && operand !== undefined));
}

/** Whether it looks like an object of options. */
function isOptions(value: unknown): boolean {
  return value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype;
}
