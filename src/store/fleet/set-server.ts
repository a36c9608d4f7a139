import { foldCase } from '../../server-view/server-view.ts';
import type { Queryable } from '../database.ts';
import { storableText } from '../storable-text.ts';
import type { FleetScope } from './server-ids-in-scope.ts';

/** What a person may set on a server; what is left out stays. Name and addresses so set are kept against later reports. */
export interface ServerChange {
  readonly name?: string | undefined;
  readonly publicIp?: string | undefined;
  readonly privateIp?: string | undefined;
  readonly region?: string | undefined;
  /** Null: out of every group. */
  readonly groupId?: string | null | undefined;
  readonly assetValue?: 'important' | 'common' | 'test' | undefined;
  readonly clusterId?: string | undefined;
  readonly nodeType?: 'cce' | 'not_cce' | undefined;
  readonly edition?: string | undefined;
  readonly enterpriseProjectId?: string | undefined;
}

/** Changes one server in scope. False: there is none. */
export async function setServer(
  tx: Queryable,
  scope: FleetScope,
  id: string,
  change: ServerChange,
): Promise<boolean> {
  const pinned = [
    ...(change.name === undefined ? [] : ['name']),
    ...(change.publicIp === undefined ? [] : ['public_ip']),
    ...(change.privateIp === undefined ? [] : ['private_ip']),
  ];
  const name = change.name === undefined ? null : storableText(change.name);
  const changed = await tx.execute(
    `UPDATE server SET
       name = coalesce($4, name), name_folded = coalesce($5, name_folded),
       public_ip = coalesce($6, public_ip), private_ip = coalesce($7, private_ip), region = coalesce($8, region),
       group_id = CASE WHEN $9 THEN $10 ELSE group_id END,
       asset_value = coalesce($11, asset_value), cluster_id = coalesce($12, cluster_id),
       node_type = coalesce($13, node_type), edition = coalesce($14, edition),
       enterprise_project_id = coalesce($15, enterprise_project_id),
       pinned_fields = ARRAY(SELECT DISTINCT unnest(pinned_fields || $16::text[]) ORDER BY 1)
     WHERE project_id = $1 AND ($2::text[] IS NULL OR enterprise_project_id = ANY ($2)) AND id = $3`,
    [
      scope.projectId,
      scope.enterpriseProjects === 'all' ? null : scope.enterpriseProjects,
      id,
      name,
      name === null ? null : foldCase(name),
      change.publicIp === undefined ? null : foldCase(change.publicIp),
      change.privateIp === undefined ? null : foldCase(change.privateIp),
      change.region === undefined ? null : storableText(change.region),
      change.groupId !== undefined,
      change.groupId ?? null,
      change.assetValue ?? null,
      change.clusterId === undefined ? null : storableText(change.clusterId),
      change.nodeType ?? null,
      change.edition ?? null,
      change.enterpriseProjectId ?? null,
      pinned,
    ],
  );
  return changed > 0;
}
