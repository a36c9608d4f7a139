import { describe, expect, it } from 'vitest';
import { ExpiringCache } from './expiring-cache.ts';

function cacheAt(clock: { now: number }): ExpiringCache<string | undefined> {
  return new ExpiringCache({ entriesMax: 2, ageMaxMs: 5_000, now: () => clock.now });
}

/** A loader that counts its calls. */
function loader(value: string | undefined) {
  const load = async () => {
    load.calls++;
    return value;
  };
  load.calls = 0;
  return load;
}

describe('a remembered fact', () => {
  it('is loaded once while it is fresh, and again when it is old', async () => {
    const clock = { now: 0 };
    const cache = cacheAt(clock);
    const load = loader('v');
    await Promise.all([cache.get('a', load), cache.get('a', load)]);
    clock.now = 4_999;
    expect(await cache.get('a', load)).toBe('v');
    expect(load.calls).toBe(1);
    clock.now = 5_000;
    await cache.get('a', load);
    expect(load.calls).toBe(2);
  });

  it('is not kept where there is none, or loading failed', async () => {
    const cache = cacheAt({ now: 0 });
    const none = loader(undefined);
    await cache.get('a', none);
    await cache.get('a', none);
    expect(none.calls).toBe(2);
    await expect(cache.get('b', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(await cache.get('b', loader('v'))).toBe('v');
  });

  it('makes room by forgetting the oldest, and is forgotten on demand', async () => {
    const cache = cacheAt({ now: 0 });
    const load = loader('v');
    for (const key of ['a', 'b', 'c', 'b', 'c']) await cache.get(key, load);
    expect(load.calls).toBe(3);
    await cache.get('a', load);
    expect(load.calls).toBe(4);
    cache.delete('a');
    await cache.get('a', load);
    cache.clear();
    await cache.get('a', load);
    expect(load.calls).toBe(6);
  });
});
