/** Doctor: looks at everything a workspace needs and says what to do about what is wrong. Reads only. */
import { statfsSync } from 'node:fs';
import type { Check, Output } from '../contract.ts';
import { catalogError, DAMAGED_HINT } from '../catalog/database.ts';
import type { Engine } from '../engine.ts';
import { PlumblineError, toErrorData } from '../errors.ts';
import { selectTargets } from '../jobs/targets.ts';

/** Free space below which a warning is due. */
const LOW_DISK_BYTES = 1024 ** 3;

export async function doctor(engine: Engine): Promise<Output<'doctor'>> {
  const catalog = await check('catalog', () => checkCatalog(engine));
  return {
    checks: [
      await check('source', () => checkSource(engine)),
      await check('entity types', () => checkTypes(engine)),
      catalog,
      ...(await checkModels(engine)),
      // What a sound catalog says of its indexes; a damaged one has been named.
      ...(catalog.ok ? await checkIndexes(engine) : []),
      await check('disk space', () => checkDisk(engine)),
    ],
  };
}

/** Runs a check: the detail on success, the error's words and hint otherwise. */
async function check(name: string, run: () => Promise<string> | string): Promise<Check> {
  try {
    return { name, ok: true, detail: await run(), hint: null };
  } catch (error) {
    const { message, hint } = toErrorData(error);
    return { name, ok: false, detail: message, hint };
  }
}

async function checkSource(engine: Engine): Promise<string> {
  await engine.source();
  return `${engine.config.source.name} (${engine.config.source.kind}) can be read`;
}

async function checkTypes(engine: Engine): Promise<string> {
  const targets = selectTargets(engine.config, undefined);
  const { thread } = await engine.source();
  for (const target of targets) await thread.call('openType', target.spec);
  return `${targets.length} selected; keys, columns and filters fit the source`;
}

function checkCatalog(engine: Engine): string {
  const problems = integrityProblems(engine);
  if (problems.length === 0) return 'integrity and foreign keys are sound';
  throw new PlumblineError('CATALOG_DAMAGED', problems.slice(0, 3).join('; '), { hint: DAMAGED_HINT });
}

function integrityProblems(engine: Engine): string[] {
  try {
    return engine.catalog.integrityProblems();
  } catch (error) {
    throw catalogError(error, engine.paths.catalog);
  }
}

function checkModels(engine: Engine): Promise<Check[]> {
  const names = new Set([
    engine.config.model,
    ...Object.values(engine.config.entityTypes).flatMap((type) => type.model ?? []),
  ]);
  return Promise.all(
    [...names].map((name) =>
      check(`model ${name}`, async () => {
        const { dimensions, maxTokens, dtype } = await engine.models.info(name);
        return `${dimensions} dimensions, ${maxTokens} tokens, ${dtype}`;
      }),
    ),
  );
}

async function checkIndexes(engine: Engine): Promise<Check[]> {
  const checks: Check[] = [];
  for (const name of Object.keys(engine.config.entityTypes)) {
    const typeId = engine.catalog.generations.typeId(name);
    const generation = typeId === null ? null : engine.catalog.generations.serving(typeId);
    if (generation === null) continue;
    checks.push(
      await check(`index ${name}`, async () => {
        const { sync, vectors } = engine.searchContext();
        await sync.catchUp(generation.id);
        const stats = await vectors.call('stats', generation.id);
        return `${stats.live} vectors for ${generation.entities} entities, ${stats.tombstones} tombstones, snapshot at operation ${stats.snapshotSequence} of ${stats.sequence}`;
      }),
    );
  }
  return checks;
}

function checkDisk(engine: Engine): string {
  const { bavail, bsize } = statfsSync(engine.paths.root);
  const free = bavail * bsize;
  const words = `${(free / 1024 ** 3).toFixed(1)} GiB free`;
  if (free < LOW_DISK_BYTES) throw new Error(`${words}: jobs may stop for lack of space`);
  return words;
}
