/** Entity types as a person has set them up. */
import { PlumblineError } from '../errors.ts';

/** @throws PlumblineError `INPUT_INVALID` where one is named twice: only one of them could count. */
export function checkNames(entityTypes: readonly { readonly name: string }[]): void {
  const names = entityTypes.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined)
    throw new PlumblineError('INPUT_INVALID', `entityTypes has "${twice}" more than once`, {
      hint: 'Name each entity type once.',
    });
}
