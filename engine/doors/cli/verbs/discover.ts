import { EXIT } from '../../../errors.ts';
import { renderDiscovery } from '../render/discovery.ts';
import { defineVerb } from '../verb.ts';

export const discoverVerb = defineVerb({
  operation: 'discover',
  name: 'discover',
  summary: 'list the tables and views of the source, their keys and text columns',
  examples: ['discover', 'discover --json'],
  input: () => ({}),
  show: ({ entityTypes }, terminal) => ({
    lines: renderDiscovery(entityTypes, terminal),
    exitCode: EXIT.ok,
  }),
});
