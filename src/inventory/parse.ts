import { parseJson } from '../archive/json-guard.ts';
import { appError } from '../errors.ts';
import { APK_INSTALLED } from './formats/apk-installed.ts';
import { CLAIR_INDEX } from './formats/clair-index.ts';
import { CYCLONEDX_JSON, CYCLONEDX_XML } from './formats/cyclonedx.ts';
import { DPKG_STATUS } from './formats/dpkg-status.ts';
import type { FoundServer, JsonFormat, TextFormat } from './formats/format.ts';
import { GRYPE_JSON } from './formats/grype.ts';
import { HOTFIX_JSON, HOTFIX_LIST } from './formats/hotfix-list.ts';
import { RPM_NAME_LIST, RPM_QUERY_LIST } from './formats/rpm-list.ts';
import { SPDX_JSON, SPDX_TAG_VALUE } from './formats/spdx.ts';
import { SYFT_JSON } from './formats/syft.ts';
import { SYSTEMINFO } from './formats/systeminfo.ts';
import { TRIVY_JSON, TRIVY_PACKAGES } from './formats/trivy.ts';
import { VULS_JSON } from './formats/vuls.ts';
import type { Inventory } from './inventory.ts';
import { inventoryOf } from './inventory-of.ts';
import { hasField, recordField, textField } from './json-fields.ts';
import { parseOsRelease } from './os-release.ts';
import { PackageList } from './package-list.ts';
import { PARAPET_REPORT } from './report.ts';
import { shownText } from './shown-text.ts';
import type { System } from './system.ts';
import { systemFromKey } from './system-from-name.ts';
import { decodeText, INVENTORY_BYTES_MAX, unpack } from './unpack.ts';

export interface ParseInventoryOptions {
  /** Text of the server's /etc/os-release: decides the system, whatever the file says. */
  readonly osRelease?: string;
  /** The system's key (`debian:12`): decides the system before anything else. */
  readonly system?: string;
  /** The server's name: decides it, whatever the file says. */
  readonly name?: string;
  /** How messages call the file; `inventory` if absent. */
  readonly file?: string;
}

/** In the order in which they are tried: the surest marks first. */
const JSON_FORMATS: readonly JsonFormat[] = [
  CYCLONEDX_JSON,
  SPDX_JSON,
  VULS_JSON,
  TRIVY_JSON,
  GRYPE_JSON,
  SYFT_JSON,
  CLAIR_INDEX,
  TRIVY_PACKAGES,
  HOTFIX_JSON,
];
const TEXT_FORMATS: readonly TextFormat[] = [
  PARAPET_REPORT,
  SYSTEMINFO,
  HOTFIX_LIST,
  SPDX_TAG_VALUE,
  CYCLONEDX_XML,
  DPKG_STATUS,
  APK_INSTALLED,
  RPM_QUERY_LIST,
  RPM_NAME_LIST,
];

/** Every format understood, as named to people. */
export const INVENTORY_FORMATS: readonly string[] = [...TEXT_FORMATS, ...JSON_FORMATS].map(
  (format) => format.name,
);

/**
 * Reads one inventory, plain or gzip, recognised by its content. Pure but for the CPU it takes; bounded by
 * `INVENTORY_BYTES_MAX` and `INVENTORY_PACKAGES_MAX`.
 *
 * Throws `inventory-unrecognised` for a file of another kind, `inventory-unreadable` for a broken one,
 * `inventory-too-large` past a limit, `inventory-system-unknown` where there are system packages but no system, and
 * `system-name-invalid` for an unusable `options.system`. A bad record costs only itself: see `Inventory.problems`.
 */
export function parseInventory(bytes: Uint8Array, options: ParseInventoryOptions = {}): Inventory {
  const file = options.file ?? 'inventory';
  const given = systemGiven(options, file);
  const unpacked = unpack(bytes, { file, bytesMax: INVENTORY_BYTES_MAX });
  const list = new PackageList(file);
  const found = readAny(unpacked, list);
  return inventoryOf(found, list, { system: given, name: options.name });
}

function systemGiven(options: ParseInventoryOptions, file: string): System | undefined {
  if (options.system !== undefined) {
    const system = systemFromKey(options.system);
    if (system === undefined) throw appError('system-name-invalid', { name: shownText(options.system, 100) });
    return system;
  }
  if (options.osRelease === undefined) return undefined;
  const system = parseOsRelease(options.osRelease);
  if (system === undefined) {
    throw appError('inventory-unreadable', {
      file,
      problem: 'the os-release text given with it names no system',
    });
  }
  return system;
}

function readAny(bytes: Uint8Array, list: PackageList): FoundServer {
  const { file } = list;
  const text = decodeText(bytes);
  const start = /^\s*(\S?)/.exec(text.slice(0, 4096))?.[1] ?? '';
  if (start === '') throw unrecognised(file, 'it is empty');
  if (start === '{' || start === '[') return readJson(text, list);
  const format = TEXT_FORMATS.find((item) => item.recognises(text));
  if (format === undefined) throw unrecognised(file, 'its text is in no known form');
  return format.read(text, list, bytes);
}

function readJson(text: string, list: PackageList): FoundServer {
  const { file } = list;
  const parsed = parseJson(text);
  if (!parsed.ok)
    throw appError('inventory-unreadable', { file, problem: `it ${shownText(parsed.problem, 300)}` });
  const document = unwrapAttestation(parsed.value, file);
  const format = JSON_FORMATS.find((item) => item.recognises(document));
  if (format === undefined) throw unrecognised(file, jsonProblem(document));
  return format.read(document, list);
}

function jsonProblem(document: unknown): string {
  if (hasField(document, '@graph')) return 'it is JSON-LD (SPDX 3), which is not read yet; write SPDX 2.3';
  if (/^SPDX-/.test(textField(document, 'spdxVersion'))) return 'its version of SPDX is not known';
  return 'its JSON is in no known form';
}

/** The document inside an in-toto attestation (DSSE envelope), as cosign attaches SBOMs to images; else the document. */
function unwrapAttestation(document: unknown, file: string): unknown {
  if (textField(document, 'payloadType') !== 'application/vnd.in-toto+json') return document;
  const parsed = parseJson(Buffer.from(textField(document, 'payload'), 'base64').toString('utf8'));
  if (!parsed.ok) {
    throw appError('inventory-unreadable', { file, problem: 'the payload of its attestation is no JSON' });
  }
  const predicate = recordField(parsed.value, 'predicate');
  return hasField(predicate, 'Data') ? recordField(predicate, 'Data') : predicate;
}

function unrecognised(file: string, problem: string): Error {
  return appError('inventory-unrecognised', { file, problem, understood: INVENTORY_FORMATS.join('; ') });
}
