/** The vector store over hnswlib-node: graphs in memory, one snapshot each on disk. */
import { EXIT, PlumblineError } from '../errors.ts';
import { GraphAudit } from './graph-audit.ts';
import { HnswGraph } from './hnsw-graph.ts';
import { checkBatch, planOps } from './op-plan.ts';
import { loadSnapshot, writeSnapshot } from './snapshot.ts';
import type { GenerationSpec, OpBatch, OpenResult, VectorStore } from './vectors.ts';

interface OpenGeneration {
  readonly spec: GenerationSpec;
  graph: HnswGraph;
  /** Sequence of the last applied operation. */
  sequence: number;
  /** The snapshot on disk that this memory goes back to. */
  found: OpenResult;
  /** The graph that is being built beside. */
  beside: HnswGraph | null;
  audit: GraphAudit | null;
}

const NOTHING_FOUND: OpenResult = { position: null, discarded: null };

/** Holds any number of open generations. Synchronous: it belongs on a thread of its own. */
export function hnswStore(): VectorStore {
  const generations = new Map<number, OpenGeneration>();

  function generation(id: number): OpenGeneration {
    const open = generations.get(id);
    if (open !== undefined) return open;
    throw new PlumblineError('GENERATION_CLOSED', `generation ${id} of the vector index is not open`, {
      exitCode: EXIT.unexpected,
    });
  }

  return {
    open(spec) {
      const open = generations.get(spec.generationId);
      if (open !== undefined) return open.found;
      const { graph, found } = loadSnapshot(spec);
      const sequence = found.position?.sequence ?? 0;
      generations.set(spec.generationId, {
        spec,
        graph: graph ?? HnswGraph.create(spec),
        sequence,
        found,
        beside: null,
        audit: null,
      });
      return found;
    },

    reset(generationId) {
      const open = generation(generationId);
      giveUpBeside(open);
      open.audit = null;
      open.graph.release();
      open.graph = HnswGraph.create(open.spec);
      open.sequence = 0;
      open.found = NOTHING_FOUND;
    },

    apply(generationId, batch) {
      const open = generation(generationId);
      applyTo(open.graph, batch, open.spec.dimensions);
      open.sequence = Math.max(open.sequence, batch.sequence);
    },

    search(generationId, query, k) {
      const { graph, spec } = generation(generationId);
      checkQuery(query, k, spec.dimensions);
      return graph.search(query, k);
    },

    snapshot(generationId, position) {
      const open = generation(generationId);
      if (position.sequence !== open.sequence) {
        // A snapshot that claims more than it holds loses operations; one that claims less outlives its commit.
        throw new PlumblineError(
          'SNAPSHOT_POSITION',
          `a snapshot at ${position.sequence} was asked of generation ${generationId}, which stands at ${open.sequence}`,
          { exitCode: EXIT.unexpected },
        );
      }
      const bytes = writeSnapshot(open.spec, open.graph, position);
      open.found = { position, discarded: null };
      return { bytes };
    },

    labels: (generationId) => generation(generationId).graph.live.toArray(),

    vector: (generationId, label) => generation(generationId).graph.vector(label),

    stats(generationId) {
      const { graph, sequence, found } = generation(generationId);
      return {
        live: graph.live.size,
        tombstones: graph.dropped.size,
        capacity: graph.capacity,
        sequence,
        snapshotSequence: found.position?.sequence ?? 0,
      };
    },

    beginAudit(generationId, labels, queries, k) {
      const open = generation(generationId);
      open.audit = null;
      open.audit = new GraphAudit(open.spec.dimensions, labels, queries, k);
    },

    auditPage(generationId, labels, vectors) {
      const { graph, audit } = generation(generationId);
      return begun(audit, 'AUDIT_NOT_BEGUN').page(graph, labels, vectors);
    },

    endAudit(generationId) {
      const open = generation(generationId);
      const audit = begun(open.audit, 'AUDIT_NOT_BEGUN');
      open.audit = null;
      return audit.finish(open.graph);
    },

    rebuildBegin(generationId) {
      const open = generation(generationId);
      giveUpBeside(open);
      open.beside = HnswGraph.create(open.spec);
    },

    rebuildApply(generationId, batch) {
      const { spec, beside } = generation(generationId);
      applyTo(begun(beside, 'REBUILD_NOT_BEGUN'), batch, spec.dimensions);
    },

    rebuildFinish(generationId, sequence) {
      const open = generation(generationId);
      const next = begun(open.beside, 'REBUILD_NOT_BEGUN');
      open.beside = null;
      open.graph.release();
      open.graph = next;
      open.sequence = sequence;
    },

    rebuildAbandon(generationId) {
      const open = generations.get(generationId);
      if (open !== undefined) giveUpBeside(open);
    },

    close(generationId) {
      const open = generations.get(generationId);
      if (open === undefined) return;
      giveUpBeside(open);
      open.graph.release();
      generations.delete(generationId);
    },
  };
}

function applyTo(graph: HnswGraph, batch: OpBatch, dimensions: number): void {
  checkBatch(batch, dimensions);
  const { adds, drops } = planOps(batch, graph);
  const vectors = new Float16Array(batch.vectors.buffer, batch.vectors.byteOffset, batch.vectors.length);
  graph.reserve(adds.length);
  for (const { label, vector } of adds) {
    graph.add(label, vectors.subarray(vector * dimensions, (vector + 1) * dimensions));
  }
  for (const label of drops) graph.drop(label);
}

function giveUpBeside(open: OpenGeneration): void {
  open.beside?.release();
  open.beside = null;
}

/** What an earlier call has begun. */
function begun<T>(value: T | null, code: string): T {
  if (value !== null) return value;
  throw new PlumblineError(code, 'the vector index was asked to go on with what was never begun', {
    exitCode: EXIT.unexpected,
  });
}

function checkQuery(query: Float32Array, k: number, dimensions: number): void {
  const problem =
    query.length !== dimensions
      ? `it has ${query.length} dimensions, the index ${dimensions}`
      : !query.every(Number.isFinite)
        ? 'it holds a value that is not finite'
        : !Number.isSafeInteger(k) || k < 0
          ? `${k} is no number of results`
          : null;
  if (problem === null) return;
  throw new PlumblineError('QUERY_INVALID', `the vector index cannot be searched: ${problem}`, {
    hint: 'The query must be embedded by the model that the entity type was indexed with; rebuild the type if it changed.',
  });
}
