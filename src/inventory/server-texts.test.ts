import { describe, expect, it } from 'vitest';
import { SERVER_ADDRESSES_MAX } from './addresses.ts';
import { addressesProblem, addressProblem, nameProblem, serverIdProblem } from './server-texts.ts';

describe('what a person writes about a server', () => {
  it.each(['web-01', 'Größe 7', '東京', 'a/b c', ''])('%j is a name', (text) => {
    expect(nameProblem(text)).toBeUndefined();
  });

  it.each(['a\u001b[2J', 'a\nb', 'a\u202eb', '\u0085'])('%j is no name', (text) => {
    expect(nameProblem(text)).toMatch(/control characters/);
  });

  it.each(['203.0.113.7', '2001:db8::7', ''])('%j is an address or none', (text) => {
    expect([addressProblem(text), addressesProblem(text)]).toEqual([undefined, undefined]);
  });

  it.each(['web-01', '203.0.113', '203.0.113.7/24', ' 10.0.0.1', '10.0.0.1;', '<b>'])(
    '%j is no address',
    (text) => {
      expect(addressProblem(text)).toMatch(/IPv4/);
      expect(addressesProblem(`10.0.0.1,${text}`)).toMatch(/commas/);
    },
  );

  it('may have several addresses, within a bound', () => {
    expect(addressesProblem('10.0.0.1,fd00::1')).toBeUndefined();
    const many = Array.from({ length: SERVER_ADDRESSES_MAX + 1 }, (_, index) => `10.0.0.${index}`);
    expect(addressesProblem(many.join(','))).toBe(`may hold ${SERVER_ADDRESSES_MAX} addresses`);
  });

  it.each(['i-0001', 'a', 'node_7:2', 'x'.repeat(64)])('%j is an id', (text) => {
    expect(serverIdProblem(text)).toBeUndefined();
  });

  it.each(['', '-x', '../x', 'a b', 'a/b', 'é', 'x'.repeat(65)])('%j is no id', (text) => {
    expect(serverIdProblem(text)).toMatch(/1 to 64 letters/);
  });
});
