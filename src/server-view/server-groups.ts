import { foldCase } from './server-view.ts';
import { fieldsJson, groupFields } from './wire-row.ts';

interface Group {
  readonly name: string | undefined;
  readonly nameFolded: string | undefined;
  /** Its fields of a row, each after a comma. */
  readonly fields: Buffer;
}

const NO_FIELDS = Buffer.alloc(0);

/** Server groups by their code. Rows hold the code alone, so a new name touches no row. */
export class ServerGroups {
  readonly #groups: (Group | undefined)[] = [];

  /** Answers whether anything is different now. */
  set(code: number, id: string | undefined, name: string | undefined): boolean {
    const known = this.#groups[code];
    if (known !== undefined && known.name === name) return false;
    this.#groups[code] = {
      name,
      nameFolded: name === undefined ? undefined : foldCase(name),
      fields: id === undefined ? NO_FIELDS : Buffer.from(`,${fieldsJson(groupFields(id, name))}`, 'utf8'),
    };
    return true;
  }

  fields(code: number): Buffer {
    return this.#groups[code]?.fields ?? NO_FIELDS;
  }

  /** Codes of the groups whose folded name holds `part`. */
  codesHolding(part: string): readonly number[] {
    const codes: number[] = [];
    // By index: `entries` makes two objects for each of thousands of groups.
    for (let code = 0; code < this.#groups.length; code += 1)
      if (this.#groups[code]?.nameFolded?.includes(part) === true) codes.push(code);
    return codes;
  }
}
