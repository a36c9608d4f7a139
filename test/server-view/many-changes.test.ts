import { expect, it } from 'vitest';
import type { ServerFilter } from '../../src/server-view/server-view.ts';
import { ServerViewModel } from '../../src/server-view/server-view-model.ts';
import type { ViewRecord } from '../../src/server-view/view-record.ts';
import { type RandomServer, viewRecord, vulnerabilityName } from './random-fleet.ts';

const SERVERS = 6_000;
const PRIORITIES = ['Critical', 'High', 'Medium', 'Low'] as const;

/** The version of a server, drawn by its number and how often it has changed. */
function record(number: number, version: number): ViewRecord {
  const drawn = Math.imul(number * 31 + version, 2_654_435_761) >>> 8;
  const server: RandomServer = {
    id: `id-${number}`,
    name: `${['web', 'db', 'straße'][drawn % 3]}-${['a', 'b'][drawn % 2]}-${(number * 7) % 999}`,
    enterpriseProjectId: ['0', 'ep-a'][drawn % 2] ?? '0',
    group: drawn % 5 === 0 ? undefined : ['edge', 'Straße', 'core'][drawn % 3],
    publicIp: '',
    privateIp: `10.${drawn % 4}.${drawn % 9}.${number % 250}`,
    assetValue: drawn % 10 === 0 ? 'important' : 'common',
    clusterId: drawn % 40 === 0 ? 'c-1' : '',
    nodeType: drawn % 40 === 0 ? 'cce' : 'not_cce',
    edition: 'hss.version.premium',
    hasReported: drawn % 50 !== 0,
    isUnknown: false,
    findings: [1, 2, 3].slice(0, drawn % 4).map((vulnerability) => ({
      vulnerability,
      status: drawn % 11 === 0 ? 'vul_status_ignored' : 'vul_status_unfix',
      priority: PRIORITIES[(drawn + vulnerability) % 4] ?? 'Low',
      fixable: true,
    })),
  };
  return viewRecord('p', server, version);
}

const ALL = { projectId: 'p', enterpriseProjects: 'all' } as const;
const FILTERS: readonly ServerFilter[] = [
  ALL,
  { ...ALL, enterpriseProjects: ['ep-a'] },
  { ...ALL, severityLevel: 'High' },
  { ...ALL, severityLevel: 'Security', nameContains: 'web' },
  { ...ALL, assetValue: 'important', handleStatus: 'unhandled' },
  { ...ALL, nameContains: '-77' },
  { ...ALL, nameContains: 'STRASSE-b', groupNameContains: 'e' },
  { ...ALL, nameContains: 'b-9', nodeType: 'not_cce' },
  { ...ALL, privateIpContains: '10.3.' },
  { ...ALL, privateIpContains: '.24', clusterId: 'c-1' },
  { ...ALL, privateIpContains: '99' },
  { ...ALL, status: 'vul_status_ignored', groupNameContains: 'strasse' },
  { ...ALL, ids: Array.from({ length: 40 }, (_, index) => `id-${index * 151}`), severityLevel: 'Medium' },
  { ...ALL, enterpriseProjects: [] },
];

async function modelOf(records: readonly ViewRecord[]): Promise<ServerViewModel> {
  const model = new ServerViewModel('p', vulnerabilityName, { overlayRowsMax: 1_000_000 });
  model.beginLoad(records.length);
  for (const each of records) model.add(each);
  await model.finishLoad();
  return model;
}

function answered(model: ServerViewModel, filter: ServerFilter, offset: number): string {
  const { body, release } = model.page(filter, { offset, limit: 25 });
  const text = Buffer.concat(body).toString('utf8');
  release();
  return text;
}

it('answers over thousands of changes as a model does that was loaded with them', async () => {
  const records = Array.from({ length: SERVERS }, (_, number) => record(number, 0));
  const model = await modelOf(records);
  let overlayRows = 0;
  for (const [version, share] of [
    [1, 2],
    [2, 200],
    [3, 3],
    [4, 997],
  ] as const) {
    const upserts = [...records.keys()]
      .filter((number) => number % share === version % share)
      .map((number) => record(number, version));
    for (const upsert of upserts) records[Number(upsert.id.slice(3))] = upsert;
    model.apply({ upserts, removals: [] });
    const fresh = await modelOf(records);
    for (const filter of FILTERS) {
      const total = fresh.page(filter, { offset: 0, limit: 1 }).total;
      for (const offset of [0, 1, total >> 1, total - 7, total + 3].filter((at) => at >= 0))
        expect(answered(model, filter, offset)).toBe(answered(fresh, filter, offset));
    }
    expect(model.figures().overlayRows).toBeGreaterThan(overlayRows);
    overlayRows = model.figures().overlayRows;
  }
});
