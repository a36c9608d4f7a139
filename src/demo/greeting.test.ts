import { describe, expect, it } from 'vitest';
import { curlOf, type DemoFacts, demoGreeting } from './greeting.ts';

const FACTS: DemoFacts = {
  url: 'http://127.0.0.1:8080',
  publicUrl: 'http://127.0.0.1:8080',
  certificate: undefined,
  password: 'secret',
  projectId: 'p1',
  projectName: 'default',
  loaded: {
    advisories: 22_464,
    servers: 75,
    systems: [{ system: 'debian:11', servers: 35 }],
    enterpriseProjects: ['payments', 'research'],
  },
};

describe('what the demo prints', () => {
  it('begins with the ready line that scripts wait for', () => {
    expect(demoGreeting(FACTS).split('\n')[0]).toBe('parapet listening on http://127.0.0.1:8080');
  });

  it('names the project, the credentials, the snapshot and what its age is measured from', () => {
    const text = demoGreeting(FACTS);
    expect(text).toContain('default, id p1');
    expect(text).toContain('domain parapet, user admin, password secret');
    expect(text).toMatch(/22,464 records of \d{4}-\d{2}-\d{2}; the age of feeds is measured from that day/);
    expect(text).toContain('75 servers');
  });

  it('quotes a password so that a shell passes it on unchanged', () => {
    expect(curlOf({ ...FACTS, password: `it's "$HOME"` })).toContain(`"password":"it'\\''s \\"$HOME\\""`);
  });

  it('says where the password is known where an earlier start set it', () => {
    const facts = { ...FACTS, password: undefined };
    expect(demoGreeting(facts)).toContain('(the one of the first start)');
    expect(curlOf(facts)).toContain('"password":"PASSWORD"');
  });

  it('asks the public address, and trusts the certificate that is served', () => {
    const facts = { ...FACTS, publicUrl: 'https://vul.example.org', certificate: '/etc/parapet/cert.pem' };
    const lines = curlOf(facts).split('\n');
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      expect(line).toContain("--cacert '/etc/parapet/cert.pem'");
      expect(line).toContain("'https://vul.example.org/v");
    }
  });
});
