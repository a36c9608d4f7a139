/** What may be set of the read model of a project, and what it tells of itself. */
export interface ModelOptions {
  /** Rows of the overlay from which on a new snapshot is built. */
  readonly overlayRowsMax?: number;
  readonly cacheBytesMax?: number;
  /** Size of the buffers for fragments. */
  readonly chunkBytesLog2?: number;
  readonly sliceMs?: number;
  /** Upserts in one go from which on they are merged in together. */
  readonly upsertsMany?: number;
  /** Answers of up to so many bytes are put together in one buffer. */
  readonly bodyInOneBytesMax?: number;
}

export interface ModelFigures {
  readonly servers: number;
  readonly distinctLists: number;
  readonly overlayRows: number;
  /** Snapshot, overlay and cache; what a snapshot under construction takes is not counted. */
  readonly columnBytes: number;
  readonly fragmentBytes: number;
  /** Answers whose filter had been worked out before, and those whose filter had not. */
  readonly cacheHits: number;
  readonly cacheMisses: number;
  /** Snapshots that took an older one's place, and how long building them took together. */
  readonly rebases: number;
  readonly rebaseMs: number;
}
