import { SaxesParser } from 'saxes';
import { appError } from '../../errors.ts';

/** Deepest nesting of elements that is read. */
export const XML_DEPTH_MAX = 200;

interface XmlComponent {
  type: string;
  [field: string]: unknown;
  readonly properties: { readonly name: string; readonly value: string }[];
  readonly components: XmlComponent[];
}

interface XmlBom {
  readonly metadata: { timestamp?: string; component?: XmlComponent };
  readonly components: XmlComponent[];
}

const COMPONENT_FIELDS: ReadonlySet<string> = new Set(['name', 'version', 'purl', 'scope']);

/**
 * The part of a CycloneDX XML document that an inventory needs, in the shape of the JSON form. Components inside
 * `pedigree` (ancestors) and `tools` are not installed and left out. Entities of the document's own are not expanded.
 * Text that is no well-formed XML, or nested deeper than `XML_DEPTH_MAX`, is refused with `inventory-unreadable`.
 */
export function readCycloneDxXml(text: string, file: string): XmlBom {
  const bom: XmlBom = { metadata: {}, components: [] };
  const path: string[] = [];
  const open: XmlComponent[] = [];
  let content = '';
  let propertyName = '';
  const parser = new SaxesParser({ xmlns: false, position: true });
  const refuse = (problem: string): never => {
    throw appError('inventory-unreadable', { file, problem });
  };
  parser.on('error', (error) => refuse(`no well-formed XML: ${error.message.slice(0, 200)}`));
  parser.on('opentag', (tag) => {
    const name = localName(tag.name);
    if (path.length >= XML_DEPTH_MAX) refuse(`elements are nested deeper than ${XML_DEPTH_MAX}`);
    if (name === 'component' && isInstalledPath(path)) {
      const component: XmlComponent = { type: tag.attributes['type'] ?? '', properties: [], components: [] };
      const parent = open.at(-1);
      if (parent !== undefined) parent.components.push(component);
      else if (path.at(-1) === 'metadata') bom.metadata.component = component;
      else bom.components.push(component);
      open.push(component);
    }
    if (name === 'property') propertyName = tag.attributes['name'] ?? '';
    path.push(name);
    content = '';
  });
  const addContent = (piece: string): void => {
    content += piece;
  };
  parser.on('text', addContent);
  parser.on('cdata', addContent);
  parser.on('closetag', () => {
    const name = path.pop() ?? '';
    if (name === 'component' && isInstalledPath(path)) open.pop();
    else if (name === 'timestamp' && path.at(-1) === 'metadata') bom.metadata.timestamp = content.trim();
    else if (isInstalledPath(path)) setField(open.at(-1), name, path, content.trim(), propertyName);
    content = '';
  });
  parser.write(text).close();
  return bom;
}

function setField(
  component: XmlComponent | undefined,
  name: string,
  path: readonly string[],
  value: string,
  propertyName: string,
): void {
  if (component === undefined) return;
  if (path.at(-1) === 'component' && COMPONENT_FIELDS.has(name)) component[name] = value;
  else if (name === 'property' && path.at(-1) === 'properties' && path.at(-2) === 'component') {
    component.properties.push({ name: propertyName, value });
  }
}

function isInstalledPath(path: readonly string[]): boolean {
  return !path.includes('pedigree') && !path.includes('tools') && !path.includes('dependencies');
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
