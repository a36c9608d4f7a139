import { describe, expect, it } from 'vitest';
import { isAppError } from '../errors.ts';
import {
  type Caller,
  type Grant,
  grantedEnterpriseProjects,
  holdsEverywhere,
  mayRead,
  type Project,
  type Role,
  resolveEnterpriseProjects,
} from './rights.ts';

const PROJECT: Project = { id: 'p1', domainId: 'd1', name: 'cn-north-4', enabled: true };

function callerWith(grants: readonly Grant[], scopeProjectId?: string): Caller {
  const caller: Caller = { userId: 'u1', userName: 'ops', domainId: 'd1', domainName: 'parapet', grants };
  return scopeProjectId === undefined ? caller : { ...caller, scopeProjectId };
}

function resolve(grants: readonly Grant[], parameter: string | undefined, role: Role = 'read'): unknown {
  try {
    return resolveEnterpriseProjects(callerWith(grants), {
      projectId: 'p1',
      role,
      parameter,
      exists: (id) => ['0', 'ep-a', 'ep-b'].includes(id),
    });
  } catch (error) {
    if (isAppError(error)) return error.code;
    throw error;
  }
}

describe('a project', () => {
  it('is open to whoever has a grant in it or in all projects', () => {
    expect(mayRead(callerWith([{ projectId: 'p1', role: 'read' }]), PROJECT)).toBe(true);
    expect(mayRead(callerWith([{ role: 'read' }]), PROJECT)).toBe(true);
    expect(
      mayRead(callerWith([{ projectId: 'p1', enterpriseProjectId: 'ep-a', role: 'read' }]), PROJECT),
    ).toBe(true);
  });

  it('is closed without a grant, in another domain, to a token of another project, and when disabled', () => {
    expect(mayRead(callerWith([]), PROJECT)).toBe(false);
    expect(mayRead(callerWith([{ projectId: 'p2', role: 'admin' }]), PROJECT)).toBe(false);
    expect(mayRead(callerWith([{ role: 'admin' }]), { ...PROJECT, domainId: 'd2' })).toBe(false);
    expect(mayRead(callerWith([{ role: 'admin' }], 'p2'), PROJECT)).toBe(false);
    expect(mayRead(callerWith([{ role: 'admin' }]), { ...PROJECT, enabled: false })).toBe(false);
  });
});

describe('enterprise_project_id', () => {
  it('left out means the default enterprise project', () => {
    expect(resolve([{ role: 'read' }], undefined)).toEqual(['0']);
    expect(resolve([{ enterpriseProjectId: '0', role: 'read' }], undefined)).toEqual(['0']);
  });

  it('left out by someone without rights in the default one asks for a name', () => {
    expect(resolve([{ enterpriseProjectId: 'ep-a', role: 'read' }], undefined)).toBe(
      'enterprise-project-unnamed',
    );
  });

  it('all_granted_eps means those granted, and everything where the grant is for all', () => {
    expect(
      resolve(
        [
          { enterpriseProjectId: 'ep-b', role: 'read' },
          { projectId: 'p1', enterpriseProjectId: 'ep-a', role: 'admin' },
          { projectId: 'p2', enterpriseProjectId: '0', role: 'admin' },
        ],
        'all_granted_eps',
      ),
    ).toEqual(['ep-a', 'ep-b']);
    expect(resolve([{ projectId: 'p1', role: 'read' }], 'all_granted_eps')).toBe('all');
  });

  it('gives a foreign and an unknown enterprise project the same answer', () => {
    const grants: readonly Grant[] = [{ enterpriseProjectId: 'ep-a', role: 'admin' }];
    expect(resolve(grants, 'ep-a')).toEqual(['ep-a']);
    expect(resolve(grants, 'ep-b')).toBe('enterprise-project-unknown');
    expect(resolve(grants, '0')).toBe('enterprise-project-unknown');
    expect(resolve(grants, 'no-such')).toBe('enterprise-project-unknown');
    expect(resolve([{ role: 'admin' }], 'no-such')).toBe('enterprise-project-unknown');
  });

  it('says that the right is missing where the caller may read but not operate', () => {
    const grants: readonly Grant[] = [
      { enterpriseProjectId: 'ep-a', role: 'read' },
      { enterpriseProjectId: 'ep-b', role: 'operate' },
    ];
    expect(resolve(grants, 'ep-a', 'operate')).toBe('right-missing');
    expect(resolve(grants, 'ep-b', 'operate')).toEqual(['ep-b']);
    expect(resolve(grants, 'all_granted_eps', 'operate')).toEqual(['ep-b']);
    expect(resolve(grants, 'all_granted_eps', 'admin')).toBe('right-missing');
  });
});

describe('a role', () => {
  it('includes the lower ones', () => {
    const caller = callerWith([{ enterpriseProjectId: '0', role: 'operate' }]);
    const granted = (role: Role) => grantedEnterpriseProjects(caller, { projectId: 'p1', role });
    expect([granted('read'), granted('operate'), granted('admin')]).toEqual([['0'], ['0'], []]);
  });

  it('is held everywhere only by a grant that names neither project nor enterprise project', () => {
    expect(holdsEverywhere(callerWith([{ role: 'admin' }]), 'admin')).toBe(true);
    expect(holdsEverywhere(callerWith([{ projectId: 'p1', role: 'admin' }]), 'admin')).toBe(false);
    expect(holdsEverywhere(callerWith([{ role: 'operate' }]), 'admin')).toBe(false);
  });
});
