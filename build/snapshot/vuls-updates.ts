/**
 * A host's inventory after the updates that its own package manager offered, as Vuls recorded them (`newVersion`,
 * `newRelease`). Kernels of rpm systems are installed beside the running one, never over it, as dnf and yum do.
 */
import { isJsonObject, type JsonObject, objectField, stringField } from '../../src/archive/json-guard.ts';

const KERNEL_IMAGE = /^kernel(?:-core|-modules)?$/;

/** `restarted`: the machine runs the new kernel; otherwise it still runs the one it ran before. */
export function withUpdates(host: JsonObject, { restarted }: { readonly restarted: boolean }): JsonObject {
  const packages: Record<string, unknown> = {};
  let newKernel = '';
  for (const [key, item] of Object.entries(objectField(host, 'packages') ?? {})) {
    if (!isJsonObject(item)) continue;
    const version = stringField(item, 'newVersion');
    const release = stringField(item, 'newRelease');
    const isUpdated =
      version !== '' &&
      (version !== stringField(item, 'version') || release !== stringField(item, 'release'));
    const updated = isUpdated ? { ...item, version, release } : item;
    if (isUpdated && KERNEL_IMAGE.test(stringField(item, 'name'))) {
      packages[key] = item;
      packages[`${key} (updated)`] = updated;
      newKernel = `${version}-${release}.${stringField(item, 'arch')}`;
    } else packages[key] = updated;
  }
  const kernel = objectField(host, 'runningKernel') ?? {};
  return {
    ...host,
    packages,
    runningKernel: restarted && newKernel !== '' ? { ...kernel, release: newKernel } : kernel,
    // Names which binaries belong to a source; its versions are those from before.
    SrcPackages: withUpdatedSources(host, packages),
  };
}

/** A source follows the first of its binaries that had its version before (but for a rebuild's `+b1`, or an epoch). */
function withUpdatedSources(host: JsonObject, updated: Readonly<Record<string, unknown>>): JsonObject {
  const before = objectField(host, 'packages') ?? {};
  const sources: Record<string, unknown> = {};
  for (const [key, source] of Object.entries(objectField(host, 'SrcPackages') ?? {})) {
    if (!isJsonObject(source)) continue;
    const names = Array.isArray(source['binaryNames']) ? source['binaryNames'] : [];
    const versions = names.flatMap((name) =>
      typeof name === 'string' ? followedVersion(source, before[name], updated[name]) : [],
    );
    sources[key] = versions[0] === undefined ? source : { ...source, version: versions[0] };
  }
  return sources;
}

function followedVersion(source: JsonObject, before: unknown, after: unknown): readonly string[] {
  if (!isJsonObject(before) || !isJsonObject(after)) return [];
  const own = stringField(source, 'version');
  const [old, now] = [sourceVersionOf(before), sourceVersionOf(after)];
  if (old === own) return [now];
  return withoutEpoch(old) === own ? [withoutEpoch(now)] : [];
}

function sourceVersionOf(item: JsonObject): string {
  const release = stringField(item, 'release');
  const version = stringField(item, 'version');
  return (release === '' ? version : `${version}-${release}`).replace(/\+b\d+$/, '');
}

function withoutEpoch(version: string): string {
  return version.replace(/^\d+:/, '');
}
