/**
 * Does to a damaged workspace what people do, one fresh engine after another, and prints one line of JSON per step. In a
 * process of its own: what is tested is that none of it crashes. `node flip-probe.ts <folder>`.
 */
import type { OperationName } from '../../engine/contract.ts';
import { dispatch } from '../../engine/doors/dispatch.ts';
import { Engine } from '../../engine/engine.ts';
import { toErrorData } from '../../engine/errors.ts';
import { stringify } from '../../engine/json.ts';
import { workerUrls } from '../../workers/urls.ts';
import { BUILTIN_MODEL } from './notes.ts';

const [, , folder = '.'] = process.argv;

const STEPS: readonly (readonly [string, OperationName, object, 'read' | 'write'])[] = [
  ['status', 'status', {}, 'read'],
  ['search', 'search', { entityType: 'note', query: 'a copper kettle by the river' }, 'read'],
  ['validate', 'validate', {}, 'write'],
  ['deep', 'validate', { deep: true }, 'write'],
  ['doctor', 'doctor', {}, 'read'],
  ['repair', 'fixDrift', { deep: true }, 'write'],
  ['again', 'validate', { deep: true }, 'write'],
];

for (const [step, operation, input, access] of STEPS) {
  const notices: string[] = [];
  const answer = await answerOf(operation, input, access, notices);
  process.stdout.write(`${stringify({ step, notices, ...answer })}\n`);
}

async function answerOf(
  operation: OperationName,
  input: object,
  access: 'read' | 'write',
  notices: string[],
): Promise<object> {
  let engine: Engine | null = null;
  try {
    engine = new Engine({
      folder,
      workers: workerUrls,
      builtinModel: BUILTIN_MODEL,
      access,
      onNotice: (line) => void notices.push(line),
    });
    return { output: await dispatch(engine, operation, input, new AbortController().signal) };
  } catch (error) {
    const { code, message } = toErrorData(error);
    return { error: { code, message } };
  } finally {
    await engine?.close();
  }
}
