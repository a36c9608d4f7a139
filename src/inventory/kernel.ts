import type { RunningKernel } from './inventory.ts';

/** Longest release or version of a kernel that is taken, in characters. */
export const KERNEL_FIELD_LENGTH_MAX_CHARS = 200;

/**
 * The running kernel from `uname -r`, `uname -v` and Ubuntu's `/proc/version_signature` (empty where there is none).
 * The package version is in the second on Debian (`#1 SMP Debian 5.10.46-4 (2021-08-03)`) and in the third on Ubuntu
 * (`Ubuntu 5.15.0-69.76-generic 5.15.87`); elsewhere the release names the package by itself. Undefined without a
 * release.
 */
export function runningKernelOf(kernel: {
  readonly release: string;
  readonly unameVersion: string;
  readonly signature: string;
}): RunningKernel | undefined {
  const ubuntu = /^Ubuntu (\d[\w.+]{0,40}-\d[\w.~+]{0,60})-/.exec(kernel.signature)?.[1];
  const debian = /\bDebian (\d[\w.+~:-]{0,100})/.exec(kernel.unameVersion.slice(0, 500))?.[1];
  return kernel.release.trim() === '' ? undefined : statedKernel(kernel.release, ubuntu ?? debian ?? '');
}

/** A kernel as a file states it, each field printable and within the limit, else empty; undefined where both are empty. */
export function statedKernel(release: string, version: string): RunningKernel | undefined {
  const kernel = { release: printable(release), version: printable(version) };
  return kernel.release === '' && kernel.version === '' ? undefined : kernel;
}

/** Most packages waiting for a restart that are kept of one server. */
export const WAITING_PACKAGES_MAX = 200;

/** The kernel with the packages that wait for a restart: names only, each once, sorted. */
export function withWaiting(
  kernel: RunningKernel | undefined,
  names: Iterable<string>,
): RunningKernel | undefined {
  if (kernel === undefined) return undefined;
  const waiting = [...new Set([...names].map(printable))].filter((name) => name !== '').sort();
  return waiting.length === 0 ? kernel : { ...kernel, waiting: waiting.slice(0, WAITING_PACKAGES_MAX) };
}

/** The packages in what `needs-restarting -r` prints (`  * kernel-core`), or in a list of names, one a line. */
export function waitingIn(text: string): readonly string[] {
  return text
    .slice(0, 64 * 1024)
    .split('\n')
    .map((line) => /^ *(?:\* *)?([A-Za-z0-9][\w.+:~-]*) *$/.exec(line)?.[1] ?? '')
    .filter((name) => name !== '');
}

function printable(text: string): string {
  const value = text.trim();
  return value.length <= KERNEL_FIELD_LENGTH_MAX_CHARS && /^[\x21-\x7e]*$/.test(value) ? value : '';
}
