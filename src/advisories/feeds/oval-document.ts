import {
  childOf,
  childrenOf,
  childText,
  descendantsOf,
  type XmlElement,
} from '../../archive/xml-elements.ts';

/**
 * The tests of an OVAL document: which package in which version each asks for. A definition comes before the tests it
 * refers to, so all of a document is held in this short form until its end.
 */

/** Most tests of one document, and definitions. The largest real ones (Ubuntu, by CVE) have some 300,000 and 40,000. */
export const OVAL_TESTS_MAX = 3_000_000;
export const OVAL_DEFINITIONS_MAX = 500_000;

export interface OvalTest {
  readonly names: readonly string[];
  /** Empty: any version of it. */
  readonly fixed: string;
  readonly architectures: readonly string[];
}

interface OvalState {
  readonly evr: string;
  readonly operation: string;
  readonly arch: string;
  /** Asks for something else than a version: a signature, a line of a file. */
  readonly isOther: boolean;
}

/** Holds what lies in `tests`, `objects`, `states` and `variables`. */
export class OvalTests {
  readonly #tests = new Map<string, { readonly object: string; readonly state: string }>();
  readonly #names = new Map<string, { readonly name: string; readonly variable: string }>();
  readonly #states = new Map<string, OvalState>();
  readonly #variables = new Map<string, readonly string[]>();

  get size(): number {
    return this.#tests.size;
  }

  /** Takes one element below `tests`, `objects`, `states` or `variables`. */
  add(element: XmlElement): void {
    const id = element.attributes.get('id') ?? '';
    if (PACKAGE_TEST.test(element.name)) this.#addTest(id, element);
    else if (PACKAGE_OBJECT.test(element.name)) this.#addObject(id, element);
    else if (PACKAGE_STATE.test(element.name)) this.#states.set(id, stateOf(element));
    else if (element.name === 'constant_variable') {
      this.#variables.set(
        id,
        childrenOf(element, 'value').map(({ text }) => packageName(text)),
      );
    }
  }

  /** What a test asks for; undefined: nothing of a package's version. */
  get(id: string): OvalTest | undefined {
    const test = this.#tests.get(id);
    const object = test === undefined ? undefined : this.#names.get(test.object);
    if (test === undefined || object === undefined) return undefined;
    const names = object.variable === '' ? [object.name] : (this.#variables.get(object.variable) ?? []);
    const known = names.filter((name) => name !== '');
    if (known.length === 0) return undefined;
    if (test.state === '') return { names: known, fixed: '', architectures: [] };
    const state = this.#states.get(test.state);
    if (state === undefined || state.isOther || state.operation !== 'less than') return undefined;
    return { names: known, fixed: state.evr, architectures: architecturesOf(state.arch) };
  }

  #addTest(id: string, element: XmlElement): void {
    // "is not installed" says nothing of a version.
    if (element.attributes.get('check_existence') === 'none_exist') return;
    const object = childOf(element, 'object')?.attributes.get('object_ref') ?? '';
    const state = childOf(element, 'state')?.attributes.get('state_ref') ?? '';
    this.#tests.set(id, { object, state });
  }

  #addObject(id: string, element: XmlElement): void {
    const name = childOf(element, 'name') ?? childOf(element, 'pattern');
    const variable = name?.attributes.get('var_ref') ?? '';
    if (name === undefined) return;
    this.#names.set(id, { name: packageName(name.text), variable });
  }
}

const PACKAGE_TEST = /^(?:rpminfo|dpkginfo|textfilecontent54)_test$/;
const PACKAGE_OBJECT = /^(?:rpminfo|dpkginfo|textfilecontent54)_object$/;
const PACKAGE_STATE = /^(?:rpminfo|dpkginfo|textfilecontent54)_state$/;

function stateOf(element: XmlElement): OvalState {
  const evr = childOf(element, 'evr') ?? debianEvr(element);
  return {
    evr: (evr?.text ?? '').replace(/^0:/, ''),
    operation: evr?.attributes.get('operation') ?? '',
    arch: childText(element, 'arch'),
    isOther: evr === undefined,
  };
}

/** Ubuntu compares the versions in a list of packages, not those of the package manager. */
function debianEvr(element: XmlElement): XmlElement | undefined {
  const subexpression = childOf(element, 'subexpression');
  return subexpression?.attributes.get('datatype') === 'debian_evr_string' ? subexpression : undefined;
}

/** `libssh-4`, or Ubuntu's pattern for a line of such a list: `^libssh-4(?::\w+|)\s+(.*)$`. Other patterns are no name. */
function packageName(text: string): string {
  const pattern = /^\^?([a-z0-9][a-z0-9+.\\-]*?)(?:\(\?::\\w\+\|\)\\s\+\(\.\*\)\$)?$/i.exec(text.trim());
  return (pattern?.[1] ?? '').replaceAll('\\', '');
}

/** `aarch64|ppc64le|s390x|x86_64`. */
function architecturesOf(pattern: string): readonly string[] {
  return /^[\w|]+$/.test(pattern) ? pattern.split('|').filter((arch) => arch !== '') : [];
}

/** One thing that a definition's criteria ask for. */
export interface OvalCriterion {
  readonly test: string;
  /** Module stream that has to be enabled; empty: none. */
  readonly module: string;
  readonly comment: string;
}

/** The criteria of a definition, flat: which of them hold together is told by the module beside a test alone. */
export function criteriaOf(definition: XmlElement): readonly OvalCriterion[] {
  const found: OvalCriterion[] = [];
  const root = childOf(definition, 'criteria');
  if (root !== undefined) addCriteria(root, '', found);
  return found;
}

function addCriteria(criteria: XmlElement, module: string, found: OvalCriterion[]): void {
  const comments = childrenOf(criteria, 'criterion').map(
    (criterion) => criterion.attributes.get('comment') ?? '',
  );
  const enabled = comments
    .map((comment) => /^Module (\S+:\S+) is enabled$/.exec(comment)?.[1])
    .find((stream) => stream !== undefined);
  const stream = enabled ?? module;
  for (const child of criteria.children) {
    if (child.name === 'criteria') addCriteria(child, stream, found);
    else if (child.name === 'criterion') {
      found.push({
        test: child.attributes.get('test_ref') ?? '',
        module: stream,
        comment: child.attributes.get('comment') ?? '',
      });
    }
  }
}

/** Every `ref_id` of a definition's references by their source. */
export function referencesOf(
  definition: XmlElement,
): readonly { readonly source: string; readonly id: string; readonly url: string }[] {
  return [...descendantsOf(definition, 'reference')].map((reference) => ({
    source: reference.attributes.get('source') ?? '',
    id: reference.attributes.get('ref_id') ?? '',
    url: reference.attributes.get('ref_url') ?? '',
  }));
}
