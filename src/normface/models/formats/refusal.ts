import { UserError } from '../../../common/errors.ts';
import { oneLine } from '../../../common/printable.ts';

/** Why a file is not read, in one sentence, whatever the names in it are made of. */
export function refusal(sentence: string): UserError {
  return new UserError(oneLine(sentence));
}
