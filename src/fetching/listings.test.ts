import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  alpineReleaseFiles,
  msrcDocuments,
  pathPerLine,
  repositoryInMirrorList,
  updateinfoInRepository,
} from './listings.ts';

const MSRC = 'https://api.msrc.microsoft.com/cvrf/v3.0/updates';
const SHARED_INDEX = new URL('../../../shared/data/windows/msrc-cvrf-index.json', import.meta.url);

function msrcEntry(id: string, title: string, current = '2025-10-01T23:10:48Z') {
  return { ID: id, DocumentTitle: title, CurrentReleaseDate: current, CvrfUrl: 'https://elsewhere.example/' };
}

describe("Microsoft's list of monthly documents", () => {
  it('gives each document of security updates with its last change, on the same host', () => {
    const value = [
      msrcEntry('1999-Sep', 'Mariner Release Notes'),
      msrcEntry('2025-Jun', 'June 2025 Security Updates', '2025-07-08T07:00:00Z'),
      msrcEntry('../../../x', 'June 2025 Security Updates'),
      'no entry',
    ];
    const url = 'https://api.msrc.microsoft.com/cvrf/v3.0/cvrf/2025-Jun';
    expect(msrcDocuments(JSON.stringify({ value }), MSRC)).toEqual([
      { url, id: url, stamp: '2025-07-08T07:00:00Z', isOptional: false },
    ]);
  });

  it.each(['', '[]', '{"value":[]}', '<html>'])('fails in words for %s', (text) => {
    expect(() => msrcDocuments(text, MSRC)).toThrow('lists no monthly document');
  });

  if (existsSync(SHARED_INDEX)) {
    it('is read whole', () => {
      const files = msrcDocuments(readFileSync(SHARED_INDEX, 'utf8'), MSRC);
      expect(files.length).toBeGreaterThan(100);
      expect(new Set(files.map(({ id }) => id)).size).toBe(files.length);
    });
  }
});

describe("Alpine's page of releases", () => {
  it('gives both repositories of each release, neither of which need be there', () => {
    const page =
      '<a href="../">..</a><a href="v3.20/">v3.20/</a><a href="edge">edge</a><a href="v3.20/">again</a>';
    expect(alpineReleaseFiles(page, 'https://secdb.example/').map(({ url }) => url)).toEqual([
      'https://secdb.example/v3.20/main.json',
      'https://secdb.example/v3.20/community.json',
      'https://secdb.example/edge/main.json',
      'https://secdb.example/edge/community.json',
    ]);
    expect(() => alpineReleaseFiles('<a href="../">', 'https://secdb.example/')).toThrow('lists no release');
  });
});

describe('an index of paths', () => {
  it('gives those of the expected form alone', () => {
    const list = pathPerLine(/^\d{4}\/[a-z]+\.xml$/);
    expect(
      list('2024/a.xml\r\n../b.xml\nhttps://x.example/c.xml\n', 'https://y.example/d/index.txt'),
    ).toMatchObject([{ url: 'https://y.example/d/2024/a.xml', stamp: '' }]);
    expect(() => list('nothing', 'https://y.example/d/index.txt')).toThrow('lists no file');
  });
});

describe('an rpm repository', () => {
  it('is found by the first mirror on the same host', () => {
    const list = 'https://a.example/x\nhttps://b.example/y\n';
    expect(repositoryInMirrorList(list, 'https://b.example/mirror.list')).toBe('https://b.example/y/');
  });

  it('tells its advisories with their SHA-256, or fails in words', () => {
    const sha256 = 'ab'.repeat(32);
    const data = (href: string, type = 'sha256'): string =>
      `<data type="updateinfo"><checksum type="${type}">${sha256}</checksum><location href="${href}"/></data>`;
    expect(updateinfoInRepository(data('repodata/u.xml.gz'), 'https://b.example/y/', 'id')).toEqual({
      url: 'https://b.example/y/repodata/u.xml.gz',
      id: 'id',
      stamp: sha256,
      sha256,
      isOptional: false,
    });
    for (const text of [
      data('../u.xml.gz'),
      data('repodata/../../u'),
      data('repodata/u', 'md5'),
      '<repomd/>',
    ]) {
      expect(() => updateinfoInRepository(text, 'https://b.example/y/', 'id')).toThrow('has no advisories');
    }
  });
});
