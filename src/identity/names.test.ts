import { describe, expect, it } from 'vitest';
import { checkEnterpriseProjectId, checkIdentityName, checkProjectName } from './names.ts';

describe('a chosen name', () => {
  it('may be in any script', () => {
    for (const name of ['ops', 'Équipe 1', '运维', '😀'.repeat(64)]) {
      expect(() => checkIdentityName('name', name)).not.toThrow();
    }
  });

  it.each(['', ' ops', 'ops ', 'a\nb', 'a\0b', '\ud800', 'x'.repeat(65)])('is refused as %j', (name) => {
    expect(() => checkIdentityName('name', name)).toThrow(
      expect.objectContaining({ code: 'parameter-invalid' }),
    );
  });

  it('of a project is what may stand in a URL', () => {
    expect(() => checkProjectName('name', 'cn-north-4_a.b')).not.toThrow();
    for (const name of ['', 'a b', 'a/b', 'é', 'x'.repeat(65)])
      expect(() => checkProjectName('name', name)).toThrow();
  });

  it('of an enterprise project is not the word for all', () => {
    expect(() => checkEnterpriseProjectId('id', '0')).not.toThrow();
    for (const id of ['all_granted_eps', 'ALL_GRANTED_EPS', '', 'a,b']) {
      expect(() => checkEnterpriseProjectId('id', id)).toThrow();
    }
  });
});
