/** Build-time parameters of one generation's HNSW graph; stored in the catalog and in the manifest, compared on open. */
export interface GraphParameters {
  /** Links per node on the upper layers; twice as many on the bottom one. */
  readonly m: number;
  /** Size of the candidate list while inserting. */
  readonly efConstruction: number;
}

/**
 * A point in a generation's op log: the sequence of a commit's last operation and that commit's random nonce (64 bits,
 * hex), which ties a snapshot of the graph to one history of the catalog.
 */
export interface LogPosition {
  readonly sequence: number;
  readonly nonce: string;
}

/** What new graphs are built with; bench/recall.ts measures the choice. */
export const GRAPH_PARAMETERS: GraphParameters = { m: 16, efConstruction: 200 };
