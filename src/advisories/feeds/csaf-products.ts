import {
  isJsonObject,
  type JsonObject,
  listField,
  objectField,
  stringField,
} from '../../archive/json-guard.ts';
import { parseRpmFileName } from '../rpm-file-name.ts';
import type { EcosystemTarget } from './osv-ecosystem.ts';
import { systemOfBuildTag, systemOfCpe, systemOfProductName } from './product-system.ts';

/** Deepest branch of a product tree that is looked into; real ones have some 6. */
const BRANCH_DEPTH_MAX = 40;
/** Longest chain of products that are components of products: package, module, repository. */
const RELATION_DEPTH_MAX = 5;

/** What a product id of a CSAF document stands for, as far as it concerns a server's packages. */
export interface ProductMeaning {
  /** Undefined: no system that Parapet knows. */
  readonly system: EcosystemTarget | undefined;
  /** The package; an empty version where only its name is given. */
  readonly rpm: { readonly name: string; readonly version: string; readonly arch: string } | undefined;
  /** Module stream (`nodejs:18`), empty outside modules. */
  readonly module: string;
}

interface Product {
  readonly name: string;
  readonly cpe: string;
  readonly purl: string;
}

interface Relation {
  readonly component: string;
  readonly of: string;
}

/** Every product of a CSAF `product_tree`, by its id. */
export function readProductTree(tree: JsonObject): {
  readonly get: (id: string) => ProductMeaning | undefined;
} {
  const products = new Map<string, Product>();
  addBranches(tree, products, 0);
  for (const product of listField(tree, 'full_product_names'))
    if (isJsonObject(product)) addProduct(product, products);
  const relations = new Map<string, Relation>();
  for (const relation of listField(tree, 'relationships')) {
    if (!isJsonObject(relation)) continue;
    const id = stringField(objectField(relation, 'full_product_name') ?? {}, 'product_id');
    relations.set(id, {
      component: stringField(relation, 'product_reference'),
      of: stringField(relation, 'relates_to_product_reference'),
    });
  }
  return { get: (id) => meaningOf(id, { products, relations }) };
}

function addBranches(parent: JsonObject, products: Map<string, Product>, depth: number): void {
  if (depth > BRANCH_DEPTH_MAX) return;
  for (const branch of listField(parent, 'branches')) {
    if (!isJsonObject(branch)) continue;
    const product = objectField(branch, 'product');
    if (product !== undefined) addProduct(product, products);
    addBranches(branch, products, depth + 1);
  }
}

function addProduct(product: JsonObject, products: Map<string, Product>): void {
  const helper = objectField(product, 'product_identification_helper') ?? {};
  const id = stringField(product, 'product_id');
  products.set(id, {
    name: stringField(product, 'name'),
    cpe: stringField(helper, 'cpe'),
    purl: stringField(helper, 'purl'),
  });
}

interface ProductTree {
  readonly products: ReadonlyMap<string, Product>;
  readonly relations: ReadonlyMap<string, Relation>;
}

function meaningOf(id: string, tree: ProductTree): ProductMeaning | undefined {
  const relation = tree.relations.get(id);
  if (relation === undefined) {
    // A file of the product tree itself (openEuler names the system in its CPE).
    const product = tree.products.get(id);
    return product === undefined
      ? undefined
      : { system: systemOf(product), rpm: rpmOf(id, product), module: moduleOf(product.purl) };
  }
  const component = tree.products.get(relation.component);
  let module = moduleOf(component?.purl ?? '');
  let product = relation.of;
  for (let depth = 0; depth < RELATION_DEPTH_MAX; depth += 1) {
    const outer = tree.relations.get(product);
    if (outer === undefined) break;
    module ||= moduleLabel(outer.component);
    product = outer.of;
  }
  const rpm = rpmOf(relation.component, component);
  // Red Hat names a package of a module that has no fix `virt:rhel/libtpms`.
  const named = /^([\w.+-]+:[\w.+-]+)\/(.+)$/.exec(rpm?.name ?? '');
  if (rpm !== undefined && named?.[1] !== undefined && named[2] !== undefined) {
    return {
      system: systemOf(tree.products.get(product)),
      rpm: { ...rpm, name: named[2] },
      module: named[1],
    };
  }
  return { system: systemOf(tree.products.get(product)), rpm, module };
}

function systemOf(product: Product | undefined): EcosystemTarget | undefined {
  if (product === undefined) return undefined;
  return systemOfCpe(product.cpe) ?? systemOfProductName(product.name) ?? systemOfBuildTag(product.name);
}

const RPM_PURL = /^pkg:rpm\/(?:[^/@?]+\/)?([^/@?]+)(?:@([^?#]+))?(?:\?([^#]*))?/;

/** The rpm that a product is: by its purl, else by its id or name (`firefox-0:115.5.0-1.el7_9.i686`, `vim-9.0-33.oe2203sp3.src.rpm`, `firefox`). */
function rpmOf(id: string, product: Product | undefined): ProductMeaning['rpm'] {
  const purl = RPM_PURL.exec(product?.purl ?? '');
  if (purl?.[1] !== undefined) {
    const qualifiers = new URLSearchParams(purl[3] ?? '');
    const version = decoded(purl[2] ?? '');
    const epoch = qualifiers.get('epoch') ?? '';
    const isWhole = epoch === '' || version === '' || version.includes(':');
    // The id carries the epoch where Red Hat's purl forgets it.
    const stated = parseRpmFileName(id)?.version ?? '';
    const whole =
      isWhole && stated.endsWith(`:${version}`) ? stated : isWhole ? version : `${epoch}:${version}`;
    return { name: decoded(purl[1]), version: whole, arch: qualifiers.get('arch') ?? '' };
  }
  for (const text of [id, product?.name ?? '']) {
    const file = parseRpmFileName(text);
    if (file !== undefined && /\d/.test(file.version)) return file;
  }
  return /^[\w.+:/-]+$/.test(id) && !/[A-Z].*[Ll]inux/.test(id)
    ? { name: id, version: '', arch: '' }
    : undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function moduleOf(purl: string): string {
  const query = purl.indexOf('?');
  const label = query < 0 ? '' : (new URLSearchParams(purl.slice(query + 1)).get('rpmmod') ?? '');
  return label.split(':').slice(0, 2).join(':');
}

/** `virt:rhel:8060020230403063348:ad008a3a`: name, stream, version and context of a module's build. */
function moduleLabel(component: string): string {
  return /^([\w.+-]+:[\w.+-]+):\d{6,}(?::[0-9a-f]+)?$/.exec(component)?.[1] ?? '';
}
