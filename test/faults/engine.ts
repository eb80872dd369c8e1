/** The engine in this process, for faults at an exact moment of a job. */
import type { WritableCatalog } from '../../engine/catalog/catalog.ts';
import type { OperationName, Output } from '../../engine/contract.ts';
import { dispatch } from '../../engine/doors/dispatch.ts';
import { Engine } from '../../engine/engine.ts';
import { workerUrls } from '../../workers/urls.ts';
import { BUILTIN_MODEL } from './notes.ts';

export interface OpenEngine {
  readonly engine: Engine;
  run<N extends OperationName>(name: N, input?: unknown): Promise<Output<N>>;
  close(): Promise<void>;
}

export function openEngine(folder: string): OpenEngine {
  const engine = new Engine({ folder, workers: workerUrls, builtinModel: BUILTIN_MODEL, access: 'write' });
  return {
    engine,
    run: (name, input = {}) => dispatch(engine, name, input, new AbortController().signal),
    close: () => engine.close(),
  };
}

/**
 * Runs `action` right before the first transaction of which a method is part. The transaction is begun, given up where the
 * method would be called, and run again after the action: within one, neither the disk nor the log can be prepared.
 */
export function beforeTransactionOf<T extends object>(
  catalog: WritableCatalog,
  object: T,
  method: string & keyof T,
  action: () => void,
): void {
  const holder = object as Record<string, (...args: unknown[]) => unknown>;
  const original = holder[method];
  if (original === undefined) throw new RangeError(`there is no method ${method}`);
  const found = new Error(`${method} is next`);
  holder[method] = () => {
    throw found;
  };
  const changeable = catalog as { transaction: WritableCatalog['transaction'] };
  const { transaction } = catalog;
  changeable.transaction = (work) => {
    try {
      return transaction.call(catalog, work) as ReturnType<typeof work>;
    } catch (error) {
      if (error !== found) throw error;
      holder[method] = original;
      changeable.transaction = transaction;
      action();
      return transaction.call(catalog, work) as ReturnType<typeof work>;
    }
  };
}

/** Runs `action` right before the first call of a method. The call itself goes through. */
export function beforeMethod<T extends object>(
  object: T,
  method: string & keyof T,
  action: () => void,
): void {
  const holder = object as Record<string, (...args: unknown[]) => unknown>;
  const original = holder[method];
  if (original === undefined) throw new RangeError(`there is no method ${method}`);
  holder[method] = (...args) => {
    holder[method] = original;
    action();
    return original.apply(object, args);
  };
}

/** Runs `action` right before the n-th call of this name goes to a thread. */
export function beforeThreadCall(threads: object, name: string, nth: number, action: () => void): void {
  const holder = threads as { call: (name: string, ...args: unknown[]) => Promise<unknown> };
  const { call } = holder;
  let count = 0;
  holder.call = (called, ...args) => {
    if (called === name && (count += 1) === nth) action();
    return call.call(holder, called, ...args);
  };
}
