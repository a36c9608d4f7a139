import type { InstalledPackage } from './package.ts';
import type { System } from './system.ts';

/** Most packages one inventory may carry. The largest real image measured has 1,779; a developer's monorepo some 40,000. */
export const INVENTORY_PACKAGES_MAX = 200_000;
/** Longest name, version or architecture of a package that is taken, in characters. Longer ones are named and skipped. */
export const PACKAGE_FIELD_LENGTH_MAX_CHARS = 512;

/** The kernel a server is running, not the ones it has installed. */
export interface RunningKernel {
  /** `uname -r`, e.g. `5.10.0-8-amd64` or `4.18.0-513.9.1.el8_9.x86_64`. */
  readonly release: string;
  /** Package version of that kernel where the inventory says (Debian: from `uname -v`), else empty. */
  readonly version: string;
  /** Packages that the machine itself says take effect with a restart (`/run/reboot-required.pkgs`, needs-restarting), sorted; absent or empty: it says of none. */
  readonly waiting?: readonly string[];
}

/** Everything installed on a server at one moment, as one file or report says it. Plain data; parsed once, trusted afterwards. */
export interface Inventory {
  /** Undefined where the format names no system and none was given: such packages have no ecosystem and are refused earlier, but a bare list of application packages is fine. */
  readonly system: System | undefined;
  /** What the format says of the server itself; empty strings where it does not. */
  readonly server: {
    readonly name: string;
    /** The file's own identifier of the server (design.md section 4), not of the document. */
    readonly uuid: string;
    readonly privateIps: readonly string[];
    readonly publicIp: string;
  };
  readonly runningKernel: RunningKernel | undefined;
  readonly packages: readonly InstalledPackage[];
  /** When the inventory was taken, in ms since 1970, where the format says. */
  readonly collectedAt: number | undefined;
  /** Records that were skipped, each with its place and reason. */
  readonly problems: readonly string[];
}
