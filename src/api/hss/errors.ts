/**
 * The wire codes of the compatible surface (contract 5.4), the only place that knows them. A gateway error is one that
 * the vendor's gateway gives before the service is reached (`APIGW.…`, with `request_id`); a service error is the
 * service's own (`HSS.…`, with `error_description`). A code that is not listed is answered by its HTTP status.
 */
import type { ErrorCode } from '../../errors.ts';

export interface WireError {
  readonly form: 'gateway' | 'service';
  /** Never empty: the Go client drops an error without a code. */
  readonly code: string;
}

const gateway = (code: string): WireError => ({ form: 'gateway', code });
const service = (code: string): WireError => ({ form: 'service', code });

const BY_CODE: Partial<Readonly<Record<ErrorCode, WireError>>> = {
  'token-missing': gateway('APIGW.0301'),
  'token-unknown': gateway('APIGW.0301'),
  'token-expired': gateway('APIGW.0301'),
  'token-revoked': gateway('APIGW.0307'),
  'credentials-malformed': gateway('APIGW.0305'),
  'signature-mismatch': gateway('APIGW.0301'),
  'signature-expired': gateway('APIGW.0301'),
  'access-key-unknown': gateway('APIGW.0301'),
  'access-key-locked': gateway('APIGW.0301'),
  'login-failed': gateway('APIGW.0301'),
  'login-throttled': gateway('APIGW.0308'),
  'agent-credential-unknown': gateway('APIGW.0301'),
  'enrolment-token-unusable': gateway('APIGW.0301'),
  'agent-throttled': gateway('APIGW.0308'),
  'project-forbidden': gateway('APIGW.0302'),
  'scope-forbidden': gateway('APIGW.0302'),
  'api-unknown': gateway('APIGW.0101'),
  'body-too-large': gateway('APIGW.0201'),
  'uri-too-long': gateway('APIGW.0201'),
  'headers-too-large': gateway('APIGW.0201'),
  'request-unreadable': gateway('APIGW.0602'),
  'request-timeout': gateway('APIGW.0602'),
  'parameter-invalid': service('HSS.0001'),
  'parameter-missing': service('HSS.0002'),
  'query-unreadable': service('HSS.0002'),
  'body-unreadable': service('HSS.0002'),
  'enterprise-project-unknown': service('HSS.0003'),
  'list-too-long': service('HSS.0006'),
  'right-missing': service('HSS.0013'),
  'server-unknown': service('00000010'),
  'vulnerability-unknown': service('HSS.0201'),
  'finding-unknown': service('HSS.0203'),
  'operation-not-allowed': service('HSS.1059'),
  'operation-not-offered': service('HSS.0001'),
  'selection-not-single': service('HSS.0004'),
  'enterprise-project-unnamed': service('HSS.0013'),
};

const BY_STATUS = new Map<number, WireError>([
  [400, service('HSS.0001')],
  [401, gateway('APIGW.0301')],
  [403, service('HSS.0013')],
  [404, service('HSS.0001')],
  [405, gateway('APIGW.0101')],
  [408, gateway('APIGW.0602')],
  [409, service('HSS.0001')],
  [413, gateway('APIGW.0201')],
  [415, gateway('APIGW.0602')],
  [429, service('HSS.0005')],
  [503, gateway('APIGW.0202')],
]);

/** The wire code of a failure from the catalogue. */
export function wireErrorOf(code: ErrorCode, status: number): WireError {
  return BY_CODE[code] ?? BY_STATUS.get(status) ?? gateway('APIGW.0601');
}
