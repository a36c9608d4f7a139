import {
  type Expression,
  isArrowFunction,
  isAsExpression,
  isBinaryExpression,
  isBlock,
  isNoSubstitutionTemplateLiteral,
  isNumericLiteral,
  isObjectLiteralExpression,
  isPropertyAccessExpression,
  isPropertyAssignment,
  isSatisfiesExpression,
  isStringLiteral,
  isTemplateExpression,
  isVariableDeclaration,
  type ObjectLiteralExpression,
} from 'typescript/unstable/ast';
import { wireErrorOf } from '../../src/api/hss/errors.ts';
import { ERROR_CODES, type ErrorCode } from '../../src/errors.ts';
import { nodesBelow, type ParsedFile } from '../source-tree.ts';

const INTRODUCTION = `# Errors

Every failure that Parapet reports: its code (in logs and in \`--json\` answers of the command line), the HTTP status, the code on
the wire of the compatible surface, and its sentence. What stands in braces is filled in. 4xx is the caller's to correct;
503 is the world's: nothing was stored, try again; 500 is ours: its sentence is in the log under the request id and is never
shown to a caller. A failure that is not in this list is answered 500 with \`APIGW.0601\`.

\`APIGW.…\` codes come with \`error_code\`, \`error_msg\` and \`request_id\`, as the vendor's gateway answers; the others with
\`error_code\`, \`error_msg\` and \`error_description\`, as the vendor's service answers. Calls under \`/v3\` and \`/v3.0\` answer in
Keystone's form, \`{"error": {"code", "message", "title"}}\`, with \`error_code\` and \`error_msg\` beside it.

This page is made from \`src/errors.ts\` and \`src/api/hss/errors.ts\` by \`npm run docs\`, and a test compares them.

| code | status | on the wire | sentence |
| --- | --- | --- | --- |
`;

interface CatalogueEntry {
  readonly status: number;
  readonly sentence: string;
}

/** The text of `docs/errors.md`, from the catalogue in the parsed `src/errors.ts`. */
export function errorPage(errors: ParsedFile): string {
  const entries = readCatalogue(errors);
  const rows = ERROR_CODES.map((code) => errorRow(code, entries.get(code)));
  return `${INTRODUCTION}${rows.join('\n')}\n`;
}

function errorRow(code: ErrorCode, entry: CatalogueEntry | undefined): string {
  if (entry === undefined) throw new Error(`${code} was not found in the text of src/errors.ts`);
  const sentence = entry.sentence.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');
  return `| \`${code}\` | ${entry.status} | \`${wireErrorOf(code, entry.status).code}\` | ${sentence} |`;
}

function readCatalogue(errors: ParsedFile): ReadonlyMap<string, CatalogueEntry> {
  const entries = new Map<string, CatalogueEntry>();
  for (const property of catalogueOf(errors).properties) {
    if (!isPropertyAssignment(property) || !isObjectLiteralExpression(property.initializer)) continue;
    const status = fieldOf(property.initializer, 'status');
    const message = fieldOf(property.initializer, 'message');
    if (status === undefined || !isNumericLiteral(status) || message === undefined) continue;
    const name = isStringLiteral(property.name) ? property.name.text : property.name.getText(errors.ast);
    entries.set(name, { status: Number(status.text), sentence: sentenceOf(errors, message) });
  }
  return entries;
}

function catalogueOf(errors: ParsedFile): ObjectLiteralExpression {
  for (const node of nodesBelow(errors.ast)) {
    if (!isVariableDeclaration(node) || node.name.getText(errors.ast) !== 'CATALOGUE') continue;
    let value: Expression | undefined = node.initializer;
    while (value !== undefined && (isAsExpression(value) || isSatisfiesExpression(value)))
      value = value.expression;
    if (value !== undefined && isObjectLiteralExpression(value)) return value;
  }
  throw new Error('src/errors.ts has no object CATALOGUE');
}

function fieldOf(object: ObjectLiteralExpression, name: string): Expression | undefined {
  for (const property of object.properties) {
    if (isPropertyAssignment(property) && property.name.getText() === name) return property.initializer;
  }
  return undefined;
}

/** The text that a message's function makes, with the fields that it is given in braces. */
function sentenceOf(errors: ParsedFile, expression: Expression): string {
  if (isArrowFunction(expression)) {
    if (isBlock(expression.body)) throw new Error('a message of src/errors.ts is more than one expression');
    return sentenceOf(errors, expression.body);
  }
  if (isStringLiteral(expression) || isNoSubstitutionTemplateLiteral(expression)) return expression.text;
  if (isBinaryExpression(expression)) {
    return sentenceOf(errors, expression.left) + sentenceOf(errors, expression.right);
  }
  if (isTemplateExpression(expression)) {
    const spans = expression.templateSpans.map(
      ({ expression: value, literal }) => `{${fieldsIn(value)}}${literal.text}`,
    );
    return expression.head.text + spans.join('');
  }
  return `{${fieldsIn(expression)}}`;
}

function fieldsIn(expression: Expression): string {
  const names = new Set<string>();
  for (const node of nodesBelow(expression)) {
    if (isPropertyAccessExpression(node) && node.expression.getText() === 'f') names.add(node.name.text);
  }
  return [...names].join(', ');
}
