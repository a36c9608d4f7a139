import { describe, expect, it } from 'vitest';
import { partAddresses, SERVER_ADDRESSES_MAX } from './addresses.ts';

describe('partAddresses', () => {
  it('tells the public address from the private ones', () => {
    expect(
      partAddresses([
        '127.0.0.1',
        '10.0.0.5/24',
        '203.0.113.7',
        '198.51.100.1',
        'fe80::1%eth0',
        '::1',
        'FD00::5',
      ]),
    ).toEqual({
      privateIps: ['10.0.0.5', '198.51.100.1', 'fd00::5'],
      publicIp: '203.0.113.7',
    });
  });

  it('takes an IPv6 address for the public one where there is no other', () => {
    expect(partAddresses(['192.168.1.2', '2001:db8::1'])).toEqual({
      privateIps: ['192.168.1.2'],
      publicIp: '2001:db8::1',
    });
  });

  it('leaves out what is no address, and repeats', () => {
    expect(partAddresses(['', 'x', '1.2.3', '999.1.1.1', '10.0.0.1', '10.0.0.1'])).toEqual({
      privateIps: ['10.0.0.1'],
      publicIp: '',
    });
  });

  it('keeps no more than the limit', () => {
    const many = Array.from({ length: 1000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
    expect(partAddresses(many).privateIps).toHaveLength(SERVER_ADDRESSES_MAX);
  });
});
