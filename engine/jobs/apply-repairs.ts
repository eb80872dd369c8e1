/** The second phase of a repair: works through the items of a report, part by part, each with its checkpoint. */
import { noCounts } from '../catalog/jobs.ts';
import type { ItemChoice, StoredDriftItem } from '../catalog/reports.ts';
import { decodeKey, hasNull } from '../key.ts';
import { pack } from '../packed.ts';
import { addCounts } from './checkpoint.ts';
import { dropGhosts, mendVectors } from './deep/mend.ts';
import type { JobPass } from './job-pass.ts';
import { chosenParts, type ChosenItems } from './repair-choice.ts';
import { checkSameSource } from './same-source.ts';
import { scanAndProcess } from './scan.ts';
import { switchGeneration } from './switch-generation.ts';

export interface RepairOptions extends ChosenItems {
  /** Percent of the indexed entities that may be deleted; default from the configuration. */
  readonly maxDeletePercent?: number;
  /** Looks into the index, too; default: where the latest look found something. */
  readonly deep?: boolean;
}

/** Items worked on at once. */
const PART_ITEMS = 256;

/** Repairs the chosen items of a report behind number `after`; where the model changed, everything. */
export async function applyRepairs(
  pass: JobPass,
  reportId: number,
  choice: ItemChoice,
  after: number,
): Promise<void> {
  const { catalog } = pass.context;
  if (catalog.generations.get(pass.generationId).state === 'building') return fillNewGeneration(pass);
  if (after === 0) await dropGhosts(pass, reportId, choice);
  for await (const items of chosenParts(catalog.reports, reportId, choice, { after, size: PART_ITEMS })) {
    pass.run.signal.throwIfAborted();
    await repairItems(pass, items);
    pass.run.onProgress();
  }
}

/** A model of another vector space: everything is embedded anew beside the serving generation, then they switch. */
async function fillNewGeneration(pass: JobPass): Promise<void> {
  const { context, target, job, run, generationId, pipeline } = pass;
  const { maxDeletePercent = target.maxDeletePercent } = job.options as RepairOptions;
  await scanAndProcess(context, target, pipeline, {
    jobId: job.id,
    generationId,
    force: false,
    signal: run.signal,
    // What is there already is found in sync and skipped; the job's checkpoint counts items, not keys.
    after: null,
    limit: Infinity,
    counting: false,
    again: false,
    onProgress: run.onProgress,
  });
  await switchGeneration(context, target, { jobId: job.id, generationId, maxDeletePercent });
}

async function repairItems(pass: JobPass, items: readonly StoredDriftItem[]): Promise<void> {
  const { context, generationId, pipeline } = pass;
  const { catalog } = context;
  const jobId = pass.job.id;
  const { orphaned, mended, others } = sortOut(items);
  let quiet = await pipeline.process(others, { fresh: true });
  const { gone, back } = await askAgain(pass, orphaned);
  catalog.transaction(() => {
    const deleted = gone.filter((key) => catalog.writer.delete({ jobId, generationId }, key)).length;
    catalog.jobs.addCounts(jobId, { ...noCounts(), processed: deleted, deleted });
  });
  // Rows that came back since the validation may have come back with another text.
  quiet = addCounts(quiet, await pipeline.process(back, { fresh: true }));
  quiet = addCounts(quiet, await mendVectors(pass, mended));
  const checkpoint = encodeNumber(items.at(-1)?.number ?? 0);
  catalog.transaction(() => {
    catalog.jobs.addCounts(jobId, quiet);
    catalog.jobs.setCheckpoint(jobId, checkpoint);
  });
  context.follower.nudge(generationId);
}

/** Keys by what is to be done about them; ghosts are gone by now. */
function sortOut(items: readonly StoredDriftItem[]) {
  const orphaned: Buffer[] = [];
  const mended: StoredDriftItem[] = [];
  const others: Buffer[] = [];
  for (const item of items) {
    if (item.class === 'orphaned') orphaned.push(item.key);
    else if (item.class === 'ghost') continue;
    else if (item.class === 'lost' || item.class === 'corrupt') mended.push(item);
    // Rows with NULL in their key are recorded together at the end: they cannot be read one by one.
    else if (!hasNull(decodeKey(item.key))) others.push(item.key);
  }
  return { orphaned, mended, others };
}

/**
 * Asks the source once more before anything is deleted.
 * @throws PlumblineError `SOURCE_REPLACED`: what is gone from the file that was read may be in the one that is there now.
 */
async function askAgain(
  { context, target, job }: JobPass,
  keys: readonly Buffer[],
): Promise<{ gone: Buffer[]; back: Buffer[] }> {
  if (keys.length === 0) return { gone: [], back: [] };
  const present = await context.source.call('checksums', target.name, pack(keys));
  await checkSameSource(context.source, job);
  return {
    gone: keys.filter((_key, i) => present[i] == null),
    back: keys.filter((_key, i) => present[i] != null),
  };
}

/** Checkpoints of repairs are numbers: of an item, or of a report. */
export function encodeNumber(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

export const decodeNumber = (bytes: Buffer): number => Number(bytes.readBigUInt64BE());
