/**
 * What a person may do to a finding (contract 6.3): one table. The operations that need the agent or a white list come
 * with them; until then they are refused in words.
 */
import { type FindingStatus, isHandled } from './finding.ts';

/** OPTYPE of the contract. */
export const OPERATIONS = [
  'ignore',
  'not_ignore',
  'immediate_repair',
  'manual_repair',
  'verify',
  'add_to_whitelist',
] as const;
export type Operation = (typeof OPERATIONS)[number];

/** The operations that are carried out. */
export const SUPPORTED_OPERATIONS = ['ignore', 'not_ignore', 'manual_repair'] as const;
export type SupportedOperation = (typeof SUPPORTED_OPERATIONS)[number];

export function isSupported(operation: Operation): operation is SupportedOperation {
  return (SUPPORTED_OPERATIONS as readonly Operation[]).includes(operation);
}

/** Whether `operation` may be done to a finding in `status`. */
export function isAllowed(operation: SupportedOperation, status: FindingStatus): boolean {
  switch (operation) {
    case 'ignore':
      return !isHandled(status) && status !== 'vul_status_fixing' && status !== 'vul_status_verified';
    case 'not_ignore':
      return status === 'vul_status_ignored';
    case 'manual_repair':
      return !isHandled(status);
  }
}
