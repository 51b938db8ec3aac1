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
        `the operands are tensors, not ${showValue(operand)}${isObject(operand) ? '; the options come after all of them' : ''}`,
    );
}

/** The same of operands that may be missing: null or undefined. */
export function checkOptionalOperands(operator: string, ...operands: readonly unknown[]): void {
  checkOperands(operator, ...operands.filter((operand) => operand !== null && operand !== undefined));
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
