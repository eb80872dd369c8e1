/**
 * Puts right what a deep validation found, without more embedding than it takes: a sound vector that the index lacks is
 * added from the catalog, under a new label. Everything is asked anew before it is done, so that a repair that was
 * interrupted does nothing twice.
 */
import { setImmediate as letOthersRun } from 'node:timers/promises';
import { toBits, vectorProblem } from '../../catalog/embeddings.ts';
import type { StoredVector } from '../../catalog/audit.ts';
import { noCounts, type Counts } from '../../catalog/jobs.ts';
import type { ItemChoice, StoredDriftItem } from '../../catalog/reports.ts';
import { decodeKey } from '../../key.ts';
import { addCounts } from '../checkpoint.ts';
import { Pipeline } from '../pipeline.ts';
import type { JobPass } from '../job-pass.ts';
import { chosenParts } from '../repair-choice.ts';
import { isComplete, textProblem } from './stored-text.ts';

/** Labels asked about, and given new numbers, at once. */
const PAGE_LABELS = 256;

/** Lost and corrupt entities of one part; the counts of what needed no write of its own. */
export async function mendVectors(pass: JobPass, items: readonly StoredDriftItem[]): Promise<Counts> {
  if (items.length === 0) return noCounts();
  const { context, target, generationId, job, run } = pass;
  const { entities } = context.catalog;
  const again = items.filter((item) => item.class === 'corrupt' || !isWhole(pass, item.key));
  context.catalog.transaction(() => {
    for (const { key } of again) {
      const id = entities.state(generationId, key)?.id;
      if (id !== undefined) context.catalog.writer.removeDangling(generationId, id);
    }
  });
  const forced = new Pipeline(context, target, {
    jobId: job.id,
    generationId,
    force: true,
    signal: run.signal,
  });
  const keys = again.map((item) => item.key);
  const quiet = await forced.process(keys, { fresh: true });
  const ids = items.flatMap((item) => entities.state(generationId, item.key)?.id ?? []);
  await addLost(pass, ids);
  // What only had to be added from the catalog was read, and found its vectors there.
  const added = items.length - again.length;
  return addCounts(quiet, { ...noCounts(), processed: added, reused: added });
}

/** True where an entity's vectors are all in the catalog, and sound: only the index lacks them. */
function isWhole({ context, generationId }: JobPass, key: Buffer): boolean {
  const { audit, entities, generations } = context.catalog;
  const id = entities.state(generationId, key)?.id;
  const stored = id === undefined ? null : audit.document(id);
  if (id === undefined || stored === null) return false;
  const { dimensions } = generations.get(generationId);
  const chunks = audit.chunks(id);
  return (
    isComplete(stored.document, chunks) &&
    textProblem(stored, chunks) === null &&
    chunks.every((chunk) => {
      const found = audit.vector(generationId, chunk.label);
      return found !== null && vectorProblem(found.vector, found.crc, dimensions) === null;
    })
  );
}

/** Renews the labels of these entities that the index does not hold as the catalog does. */
async function addLost(pass: JobPass, entityIds: readonly number[]): Promise<void> {
  const { catalog, follower } = pass.context;
  const { generationId } = pass;
  const labels = [...new Set(entityIds.flatMap((id) => catalog.audit.labelsOf(id)))];
  // The labels of one part of a repair; opening the graph is what takes time.
  const amiss = await follower.withGraph(generationId, () => notAsStored(pass, labels));
  for (let done = 0; done < amiss.length; done += PAGE_LABELS) {
    const page = amiss.slice(done, done + PAGE_LABELS);
    catalog.transaction(() => {
      for (const label of page) catalog.writer.renewLabel(generationId, label);
    });
    await letOthersRun();
  }
}

/** Which of these labels the index, as of the newest commit, lacks or holds with another vector. */
async function notAsStored(pass: JobPass, labels: readonly number[]): Promise<number[]> {
  const { context, generationId, run } = pass;
  const { vectors, catalog } = context;
  const { dimensions } = catalog.generations.get(generationId);
  // Damaged numbers that would be taken for others.
  const amiss = labels.filter((label) => label >>> 0 !== label);
  const held = labels.filter((label) => label >>> 0 === label);
  await vectors.call('beginAudit', generationId, new Uint32Array(), new Uint16Array(), 1);
  for (let done = 0; done < held.length; done += PAGE_LABELS) {
    run.signal.throwIfAborted();
    const stored = held
      .slice(done, done + PAGE_LABELS)
      .flatMap((label) => catalog.audit.vector(generationId, label) ?? [])
      .filter(({ vector, crc }) => vectorProblem(vector, crc, dimensions) === null);
    const found = await vectors.call('auditPage', generationId, labelsOf(stored), bitsOf(stored));
    amiss.push(...found.lost, ...found.different);
  }
  await vectors.call('endAudit', generationId);
  return amiss;
}

const labelsOf = (page: readonly StoredVector[]): Uint32Array =>
  Uint32Array.from(page, (stored) => stored.label);

const bitsOf = (page: readonly StoredVector[]): Uint16Array =>
  toBits(Buffer.concat(page.flatMap((stored) => stored.vector ?? [])));

/**
 * Takes the chosen ghosts of a report out of the index. Before anything else is repaired: a label above all that were given would be
 * given next, and the index would go on holding the ghost's vector under it.
 */
export async function dropGhosts(pass: JobPass, reportId: number, choice: ItemChoice): Promise<void> {
  const { catalog } = pass.context;
  if ((catalog.reports.get(reportId)?.ghost ?? 0) === 0) return;
  const parts = chosenParts(catalog.reports, reportId, choice, { after: 0, size: PAGE_LABELS });
  for await (const items of parts) {
    pass.run.signal.throwIfAborted();
    const labels = items.flatMap((item) => (item.class === 'ghost' ? labelOf(item.key) : []));
    catalog.transaction(() => {
      for (const label of labels) dropGhost(pass, label);
    });
  }
}

/** Unless the catalog has given the label since. */
function dropGhost({ context, generationId }: JobPass, label: number): void {
  const { audit, writer } = context.catalog;
  if (audit.vector(generationId, label) === null) writer.dropGhost(generationId, label);
}

function labelOf(key: Buffer): number[] {
  const [part] = decodeKey(key);
  return part?.type === 'integer' ? [Number(part.value)] : [];
}
