import { describe, expect, it } from 'vitest';
import { isAppError } from '../errors.ts';
import { parseFleet } from './fleet.ts';

const SERVER = { name: 'web-01', inventories: ['debian-11.0'], private_ip: '10.0.0.1' };

function parse(value: unknown): ReturnType<typeof parseFleet> {
  return parseFleet(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), 'servers.json');
}

function messageOf(value: unknown): string {
  try {
    parse(value);
  } catch (error) {
    if (isAppError(error, 'demo-snapshot-unreadable')) return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
}

function withServers(...servers: readonly object[]): object {
  return { enterprise_projects: ['payments'], servers };
}

describe('the fleet file', () => {
  it('is read as it is written', () => {
    const full = {
      ...SERVER,
      enterprise_project: 'payments',
      asset_value: 'important',
      public_ip: '203.0.113.7',
      decisions: [{ operation: 'ignore', vulnerabilities: ['DSA-5343-1'], by: 'admin', remark: 'why' }],
    };
    expect(parse(withServers(full)).servers).toEqual([full]);
  });

  it.each([
    ['text that is no JSON', '{', 'no valid JSON'],
    ['an unknown field', withServers({ ...SERVER, colour: 'red' }), '/servers/0'],
    ['a server without an inventory', withServers({ ...SERVER, inventories: [] }), '/servers/0/inventories'],
    ['an inventory with a path', withServers({ ...SERVER, inventories: ['../../etc/passwd'] }), '/servers/0'],
    [
      'an address that is none',
      withServers({ ...SERVER, private_ip: '10.0.0.256' }),
      '/servers/0/private_ip',
    ],
    [
      'an operation that is not offered',
      withServers({
        ...SERVER,
        decisions: [{ operation: 'verify', vulnerabilities: 'all', by: 'a', remark: 'b' }],
      }),
      '/servers/0/decisions',
    ],
    [
      'a name given twice',
      withServers(SERVER, { ...SERVER, private_ip: '10.0.0.2' }),
      'web-01 is given twice',
    ],
    ['an address given twice', withServers(SERVER, { ...SERVER, name: 'web-02' }), '10.0.0.1 is given twice'],
    [
      'an enterprise project that is not listed',
      withServers({ ...SERVER, enterprise_project: 'billing' }),
      'billing, which is not listed',
    ],
  ])('is refused in words for %s', (_what, value, words) => {
    expect(messageOf(value)).toContain(words);
  });
});
