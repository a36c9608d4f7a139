import { describe, expect, it } from 'vitest';
import { hashPassword, isPasswordRight, PASSWORD_CHARACTERS_MAX } from './password.ts';

describe('a password', () => {
  it('is recognised by its hash, and nothing else is', async () => {
    const stored = await hashPassword('pässword 1');
    expect(stored).toMatch(/^scrypt\$15\$8\$1\$/);
    expect(await isPasswordRight('pässword 1', stored)).toBe(true);
    expect(await isPasswordRight('pa\u0308ssword 1', stored)).toBe(true);
    expect(await isPasswordRight('password 1', stored)).toBe(false);
    expect(await isPasswordRight('', stored)).toBe(false);
  });

  it('has another hash each time', async () => {
    expect(await hashPassword('same')).not.toBe(await hashPassword('same'));
  });

  it('of a user who does not exist, or whose stored hash is unreadable, is never right', async () => {
    expect(await isPasswordRight('any', undefined)).toBe(false);
    expect(await isPasswordRight('any', 'scrypt$99$8$1$AAAA$AAAA')).toBe(false);
    expect(await isPasswordRight('any', 'plain')).toBe(false);
  });

  it('has a bounded length', async () => {
    await expect(hashPassword('')).rejects.toMatchObject({ code: 'parameter-invalid' });
    await expect(hashPassword('x'.repeat(PASSWORD_CHARACTERS_MAX + 1))).rejects.toMatchObject({
      code: 'parameter-invalid',
    });
    expect(await isPasswordRight('x'.repeat(PASSWORD_CHARACTERS_MAX + 1), undefined)).toBe(false);
  });
});
