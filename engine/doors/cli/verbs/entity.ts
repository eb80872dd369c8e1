import { EXIT } from '../../../errors.ts';
import { renderEntity } from '../render/entity.ts';
import { defineVerb } from '../verb.ts';

export const entityVerb = defineVerb({
  operation: 'entity',
  name: 'entity',
  summary: 'show all that is known of one entity: what the source has, what is indexed, what went wrong',
  examples: ['entity products SKU-4711', `entity reviews '["CUR-000020",20]'`],
  arguments: [
    ['<type>', 'entity type'],
    ['<key>', 'its key, as drift and search print it'],
  ],
  input: ([entityType, key]) => ({ entityType, key }),
  show: (output, terminal) => ({ lines: renderEntity(output, terminal), exitCode: EXIT.ok }),
});
