/**
 * What identity needs of a store: a record of plain functions, implemented one operation a file in `store/identity/`.
 * Names and hashes come in checked. Every time is in milliseconds since 1970.
 */
import type { Grant, Project } from './rights.ts';

export interface Domain {
  readonly id: string;
  readonly name: string;
}

export interface EnterpriseProject {
  /** `0` for the built-in one. */
  readonly id: string;
  readonly domainId: string;
  readonly name: string;
  readonly enabled: boolean;
}

export interface User {
  readonly id: string;
  readonly domainId: string;
  readonly domainName: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly grants: readonly Grant[];
}

/** A user with what a login is checked against. */
export interface UserForLogin extends User {
  readonly passwordHash: string;
}

/** A login token as it is stored; the token itself is not. */
export interface StoredToken {
  readonly user: User;
  /** Absent for a token of the whole domain. */
  readonly projectId?: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly revoked: boolean;
}

export interface AccessKey {
  readonly accessKey: string;
  readonly userId: string;
  readonly status: 'active' | 'inactive';
  readonly description: string;
  readonly createdAt: number;
  readonly lastUsedAt?: number;
}

/** An access key with what a signature is checked against. */
export interface AccessKeyForSigning {
  readonly user: User;
  readonly status: 'active' | 'inactive';
  /** The secret key, sealed (secret-key.ts). */
  readonly sealedSecretKey: Buffer;
  /** Failed signatures since the last right one. */
  readonly failures: number;
  readonly lockedUntil?: number;
}

/** What a server that enrols with a token is given, unless its own report says better. */
export interface EnrolmentDefaults {
  readonly groupName?: string;
  readonly assetValue?: string;
  readonly regionName?: string;
  readonly edition?: string;
  readonly clusterId?: string;
  readonly nodeType?: string;
}

export interface EnrolmentToken {
  readonly id: string;
  readonly projectId: string;
  readonly enterpriseProjectId: string;
  readonly name: string;
  readonly defaults: EnrolmentDefaults;
  readonly createdAt: number;
  readonly expiresAt?: number;
  /** Absent: any number. */
  readonly usesLeft?: number;
}

/** Which server an agent credential stands for. */
export interface AgentIdentity {
  readonly projectId: string;
  readonly serverId: string;
}

/** What answering requests needs; the command line uses the single operations directly. */
export interface IdentityStore {
  /** A user by name or id within a domain by name or id; undefined if there is none. */
  findUserForLogin(login: {
    readonly user: { readonly id: string } | { readonly name: string };
    readonly domain: { readonly id: string } | { readonly name: string } | undefined;
  }): Promise<UserForLogin | undefined>;
  saveToken(token: {
    readonly hash: Buffer;
    readonly userId: string;
    readonly projectId: string | undefined;
    readonly issuedAt: number;
    readonly expiresAt: number;
  }): Promise<void>;
  findToken(hash: Buffer): Promise<StoredToken | undefined>;
  revokeToken(hash: Buffer): Promise<boolean>;
  findAccessKey(accessKey: string): Promise<AccessKeyForSigning | undefined>;
  /** Counts a failed signature; locks the key when they pass the limit in a row. */
  recordSignatureFailure(failure: { readonly accessKey: string; readonly at: number }): Promise<void>;
  /** Notes a right signature: resets the count and remembers when, to the minute. */
  recordSignatureSuccess(success: { readonly accessKey: string; readonly at: number }): Promise<void>;
  saveAccessKey(key: {
    readonly accessKey: string;
    readonly userId: string;
    readonly sealedSecretKey: Buffer;
    readonly description: string;
    readonly createdAt: number;
  }): Promise<void>;
  listAccessKeys(userId: string): Promise<readonly AccessKey[]>;
  /** Whether there was such a key of that user. */
  deleteAccessKey(key: { readonly accessKey: string; readonly userId: string }): Promise<boolean>;
  /** One project by id, whichever domain has it. */
  findProject(projectId: string): Promise<Project | undefined>;
  listProjects(domainId: string): Promise<readonly Project[]>;
  listEnterpriseProjects(domainId: string): Promise<readonly EnterpriseProject[]>;
  findAgent(credentialHash: Buffer): Promise<AgentIdentity | undefined>;
}
