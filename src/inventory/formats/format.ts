import type { RunningKernel } from '../inventory.ts';
import type { PackageList } from '../package-list.ts';
import type { System } from '../system.ts';

/** What a file says beside its packages, which go into the `PackageList`. Absent where the format does not say. */
export interface FoundServer {
  readonly system?: System | undefined;
  readonly name?: string;
  readonly uuid?: string;
  readonly addresses?: readonly string[];
  readonly runningKernel?: RunningKernel | undefined;
  readonly collectedAt?: number | undefined;
}

/** A format over text: `recognises` looks at no more than the start of it. */
export interface TextFormat {
  /** As named to a person. */
  readonly name: string;
  readonly recognises: (text: string) => boolean;
  /** Adds what is installed to `list`; bad records become its problems. Throws only an `AppError`. `bytes` are the text as it came. */
  readonly read: (text: string, list: PackageList, bytes: Uint8Array) => FoundServer;
}

/** A format over a JSON document, parsed and checked for depth. */
export interface JsonFormat {
  readonly name: string;
  readonly recognises: (document: unknown) => boolean;
  readonly read: (document: unknown, list: PackageList) => FoundServer;
}
