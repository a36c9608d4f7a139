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
  /** What a Windows system says of its updates. */
  readonly windows?: FoundWindows | undefined;
}

/** The build and the updates of a Windows system. */
export interface FoundWindows {
  /** `10.0.17763.6054`, as far as the format tells it; empty: not at all. */
  readonly build: string;
  /** `KB5053594`: installed and in effect, or installed and nothing said of it. */
  readonly installed: readonly string[];
  /** Installed, and in effect only after the next restart. */
  readonly pending: readonly string[];
  /** Whether the system itself says that it waits for a restart. */
  readonly restartRequired: boolean;
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
