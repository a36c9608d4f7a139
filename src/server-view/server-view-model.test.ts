import { describe, expect, it, vi } from 'vitest';
import { Overlay } from './overlay.ts';
import type { ServerFilter } from './server-view.ts';
import { ServerViewModel } from './server-view-model.ts';
import type { ViewRecord } from './view-record.ts';

const ALL: ServerFilter = { projectId: 'p', enterpriseProjects: 'all' };
const PAGE = { offset: 0, limit: 10 };

const keys = new Map<string, number>();

/** A key for a list, as the store has one for each set of findings. */
function keyOf(numbers: ArrayLike<number>): number {
  const text = Array.from(numbers).join(' ');
  const key = keys.get(text) ?? keys.size;
  keys.set(text, key);
  return key;
}

function record(id: string, fields: Partial<ViewRecord> = {}): ViewRecord {
  return {
    projectId: 'p',
    version: 1,
    id,
    enterpriseProjectId: '0',
    agentId: '',
    name: `server-${id}`,
    region: '',
    publicIp: '',
    privateIp: '10.0.0.1',
    groupId: 'g',
    groupName: 'Group',
    osType: 'Linux',
    assetValue: 'common',
    scanTime: 1,
    severityLevel: 'Security',
    score: 100,
    edition: 'hss.version.premium',
    handleStatus: 'handled',
    counts: { critical: 0, high: 0, medium: 0, low: 0 },
    statusBits: 0,
    clusterId: '',
    nodeType: 'not_cce',
    sortRank: 200,
    isListed: true,
    shownKey: keyOf(fields.shownVulnerabilities ?? []),
    shownVulnerabilities: [],
    ...fields,
  };
}

async function modelOf(records: readonly ViewRecord[], options = {}): Promise<ServerViewModel> {
  const model = new ServerViewModel('p', (number) => ({ type: 'linux_vul', id: `V-${number}` }), options);
  model.beginLoad(records.length);
  for (const each of records) model.add(each);
  await model.finishLoad();
  return model;
}

function rowsOf(model: ServerViewModel, filter: ServerFilter = ALL): Record<string, unknown>[] {
  const answer = JSON.parse(Buffer.concat(model.page(filter, PAGE).body).toString('utf8')) as {
    data_list: Record<string, unknown>[];
  };
  return answer.data_list;
}

const idsOf = (model: ServerViewModel, filter?: ServerFilter) =>
  rowsOf(model, filter).map((row) => row['host_id']);

it('answers an empty fleet and a page past the end with the exact total and no rows', async () => {
  const empty = await modelOf([]);
  expect(Buffer.concat(empty.page(ALL, PAGE).body).toString('utf8')).toBe('{"total_num":0,"data_list":[]}');
  const one = await modelOf([record('a')]);
  const past = one.page(ALL, { offset: 2_000_000, limit: 10 });
  expect(Buffer.concat(past.body).toString('utf8')).toBe('{"total_num":1,"data_list":[]}');
});

it('answers nothing before it is loaded, and takes each server once', async () => {
  const model = new ServerViewModel('p', () => undefined);
  expect(() => model.page(ALL, PAGE)).toThrow('before it is loaded');
  expect(() => model.apply({ upserts: [], removals: [] })).toThrow('before it is loaded');
  await model.finishLoad();
  expect(() => model.add(record('a'))).toThrow('changes go to apply');
  expect(() => model.beginLoad(1)).toThrow('has been');
});

it('finds servers by their ids in snapshot and overlay, whatever else is in the list', async () => {
  const model = await modelOf([record('a'), record('b'), record('c')]);
  model.apply({ upserts: [record('d')], removals: ['b'] });
  expect(idsOf(model, { ...ALL, ids: ['d', 'a', 'b', 'a', 'x'] })).toEqual(['a', 'd']);
});

it('shows a group under its new name at once, also where a filter has been asked before', async () => {
  const model = await modelOf([record('a'), record('b', { groupId: undefined, groupName: undefined })]);
  const named = { ...ALL, groupNameContains: 'edge' };
  expect(idsOf(model, named)).toEqual([]);
  model.renameGroup('g', 'The EDGE');
  expect(idsOf(model, named)).toEqual(['a']);
  expect(rowsOf(model, named)).toMatchObject([{ group_id: 'g', group_name: 'The EDGE' }]);
  model.renameGroup('g', undefined);
  expect(idsOf(model, named)).toEqual([]);
  expect(rowsOf(model).map((row) => row['group_name'])).toEqual([undefined, undefined]);
});

it('takes a report that changes nothing but its time in place', async () => {
  const model = await modelOf([record('a')]);
  for (let time = 2; time < 10; time += 1)
    model.apply({ upserts: [record('a', { scanTime: time, version: time })], removals: [] });
  expect(rowsOf(model)).toMatchObject([{ scan_time: 9 }]);
  expect(model.figures().overlayRows).toBe(0);
  expect(model.compare([{ id: 'a', version: 9 }])).toEqual([]);
});

it('keeps marks that are set while a new snapshot is being built', async () => {
  const records = ['a', 'b', 'c'].map((id) => record(id));
  const model = await modelOf(records, { overlayRowsMax: 1, sliceMs: 0 });
  model.apply({ upserts: [record('d'), record('e')], removals: [] });
  model.apply({
    upserts: [record('a', { scanTime: 7, version: 7 }), record('d', { scanTime: 8, version: 8 })],
    removals: [],
  });
  await model.settled();
  expect(rowsOf(model).map((row) => row['scan_time'])).toEqual([7, 1, 1, 8, 1]);
  expect(
    model.compare([
      { id: 'd', version: 8 },
      { id: 'a', version: 7 },
    ]),
  ).toEqual([]);
  expect(model.figures().overlayRows).toBe(0);
});

it('leaves out what is not listed, and shows it once it is', async () => {
  const model = await modelOf([record('a', { isListed: false }), record('b')]);
  expect(idsOf(model)).toEqual(['b']);
  model.apply({ upserts: [record('a'), record('b', { isListed: false })], removals: [] });
  expect(idsOf(model)).toEqual(['a']);
});

describe('comparing with the store', () => {
  it('names servers that it does not hold or holds in another version, listed or not', async () => {
    const model = await modelOf([record('a'), record('b', { isListed: false })]);
    model.apply({ upserts: [record('c', { version: 5 })], removals: [] });
    const versions = ['a', 'b', 'c', 'd'].map((id) => ({ id, version: 1 }));
    expect(model.compare(versions)).toEqual(['c', 'd']);
  });

  it('names servers that were neither compared nor applied since it began', async () => {
    const model = await modelOf([record('a'), record('b'), record('c', { isListed: false })]);
    model.apply({ upserts: [record('d')], removals: [] });
    model.beginComparing();
    expect(model.uncompared(10)).toEqual(['c', 'd', 'a', 'b']);
    model.compare([{ id: 'a', version: 1 }]);
    model.apply({ upserts: [record('d', { scanTime: 5 })], removals: ['b'] });
    expect(model.uncompared(10)).toEqual(['c']);
    expect(model.uncompared(0)).toEqual([]);
  });
});

it('holds no more memory after a thousand changes of every server than before', async () => {
  const records = Array.from({ length: 20 }, (_, index) =>
    record(`s-${index}`, { shownVulnerabilities: [1, index] }),
  );
  const model = await modelOf(records, {
    overlayRowsMax: 50,
    upsertsMany: 20,
    chunkBytesLog2: 12,
    sliceMs: 0,
  });
  const before = model.figures();
  for (let round = 1; round <= 100; round += 1) {
    const upserts = records.map((each, index) => ({
      ...each,
      name: `round-${round}`,
      shownKey: keyOf([round, 1_000 + index]),
      shownVulnerabilities: [round, 1_000 + index],
    }));
    model.apply({ upserts, removals: [] });
    await model.settled();
  }
  const after = model.figures();
  expect(after.servers).toBe(20);
  expect(after.distinctLists).toBe(20);
  expect(after.fragmentBytes).toBeLessThan(before.fragmentBytes + 4 * 2 ** 12);
});

it('keeps what ended the work beside for whoever feeds it, instead of ending the process', async () => {
  const model = await modelOf([record('a')], { overlayRowsMax: 0 });
  await model.settled();
  const order = vi.spyOn(Overlay.prototype, 'order').mockImplementationOnce(() => {
    throw new Error('no new snapshot');
  });
  model.apply({ upserts: [record('b')], removals: [] });
  await expect(model.settled()).rejects.toThrow('no new snapshot');
  expect(model.failure).toBeInstanceOf(Error);
  order.mockRestore();
});

describe('a list that the store names by its key', () => {
  it('is there for a server that comes to it with the change by which its last one leaves it', async () => {
    const model = await modelOf([
      record('a', { shownKey: 501, shownVulnerabilities: [1] }),
      record('b', { shownKey: 502, shownVulnerabilities: [2] }),
    ]);
    model.learn({ projectId: 'p', shownKey: 503, numbers: [3] });
    model.apply({
      upserts: [
        record('a', { version: 2, shownKey: 503, shownVulnerabilities: undefined }),
        record('b', { version: 2, shownKey: 501, shownVulnerabilities: undefined }),
      ],
      removals: [],
    });
    expect([501, 502, 503].map((key) => model.knows(key))).toEqual([true, false, true]);
  });

  it('is forgotten where no listed server comes with it', async () => {
    const model = await modelOf([]);
    model.learn({ projectId: 'p', shownKey: 700, numbers: [3] });
    const unlisted = record('a', { isListed: false, shownKey: 700, shownVulnerabilities: undefined });
    model.apply({ upserts: [unlisted], removals: [] });
    expect(model.knows(700)).toBe(false);
  });
});
