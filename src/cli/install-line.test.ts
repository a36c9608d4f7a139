import { describe, expect, it } from 'vitest';
import { installLine } from './install-line.ts';

const PLACE = { publicUrl: undefined, host: '192.0.2.7', port: 8080, tlsCert: undefined };

describe('the line that installs the agent', () => {
  it.each([
    [{}, 'http://192.0.2.7:8080'],
    [{ tlsCert: '/etc/parapet/cert.pem', host: 'parapet.example' }, 'https://parapet.example:8080'],
    [{ host: '2001:db8::7' }, 'http://[2001:db8::7]:8080'],
    [{ publicUrl: 'https://parapet.example', host: '127.0.0.1' }, 'https://parapet.example'],
  ])('with %j names an address that other machines reach', (place, url) => {
    expect(installLine({ ...PLACE, ...place }, 'parapet-enrol-x')).toEqual({
      line: `curl -fsSL ${url}/agent/install.sh | sh -s -- parapet-enrol-x`,
      hint: undefined,
    });
  });

  it.each([
    [{ host: '127.0.0.1' }, 'http://127.0.0.1:8080'],
    [{ host: 'localhost' }, 'http://localhost:8080'],
    [{ host: '::1' }, 'http://[::1]:8080'],
    [{ host: '0.0.0.0' }, 'http://localhost:8080'],
    [{ host: '::' }, 'http://localhost:8080'],
    [{ port: 0 }, 'http://192.0.2.7:0'],
  ])('with %j says that the address is to be replaced', (place, url) => {
    const { line, hint } = installLine({ ...PLACE, ...place }, 'parapet-enrol-x');
    expect(line).toBe(`curl -fsSL ${url}/agent/install.sh | sh -s -- parapet-enrol-x`);
    expect(hint).toContain(url);
    expect(hint).toContain('PARAPET_PUBLIC_URL');
  });
});
