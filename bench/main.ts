/**
 * `npm run bench -- NAME [--servers N] [--inventories N] [--fleet DIR] [--json]`: one bench, or without a name all of them
 * but the curve. Each sets up what it needs, measures and cleans up. With --json the last line on standard output is one
 * object: the machine, the sizes, and every figure with its unit in its name.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { machineFacts } from './machine.ts';

/** What a bench gets. */
export interface BenchOptions {
  /** Size of the fleet where the bench has one; undefined: its default. */
  readonly servers: number | undefined;
  /** Distinct inventories of the fleet; undefined: a tenth as many as servers. */
  readonly inventories: number | undefined;
  /** A folder in which the fleet is kept, and found again by the next bench; undefined: a temporary one. */
  readonly fleet: string | undefined;
  /** Tells a person how far it is; goes to standard error. */
  readonly note: (text: string) => void;
}

/** Figures by name; a name ends in its unit or begins with `ratio_`. */
export type Figures = Readonly<Record<string, number | string>>;

export type Bench = (options: BenchOptions) => Promise<Figures>;

const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  matching: async () => (await import('./matching.bench.ts')).matchingBench,
  import: async () => (await import('./import.bench.ts')).importBench,
  'server-view': async () => (await import('./server-view.bench.ts')).serverViewBench,
  reports: async () => (await import('./reports.bench.ts')).reportsBench,
  freshness: async () => (await import('./freshness.bench.ts')).freshnessBench,
  exposure: async () => (await import('./exposure.bench.ts')).exposureBench,
  start: async () => (await import('./start.bench.ts')).startBench,
  curve: async () => (await import('./curve.bench.ts')).curveBench,
};
/** Hours at its full size: only by its name. */
const NOT_BY_DEFAULT = 'curve';

const SERVERS_MAX = 2_000_000;

const USAGE = `npm run bench -- [${Object.keys(BENCHES).join('|')}]
  [--servers N]      size of the fleet, 1 to ${SERVERS_MAX}; of the curve: its largest
  [--inventories N]  distinct inventories of the fleet; a tenth as many as servers without it
  [--fleet DIR]      keeps the fleet there, and takes it from there the next time
  [--json]           the figures as one line of JSON
`;

const note = (text: string): void => void process.stderr.write(`${text}\n`);

/** The options and the names of the benches to run; undefined: the command was wrong, or only help was wanted. */
function readArguments():
  | { readonly names: readonly string[]; readonly options: BenchOptions; readonly json: boolean }
  | undefined {
  const { values, positionals } = parseArgs({
    options: {
      servers: { type: 'string' },
      inventories: { type: 'string' },
      fleet: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
    allowPositionals: true,
  });
  const names =
    positionals.length > 0 ? positionals : Object.keys(BENCHES).filter((name) => name !== NOT_BY_DEFAULT);
  const unknown = names.find((name) => !Object.hasOwn(BENCHES, name));
  const servers = countOf(values.servers);
  const inventories = countOf(values.inventories);
  const problem =
    unknown !== undefined
      ? `there is no bench "${unknown}"`
      : Number.isNaN(servers) || Number.isNaN(inventories)
        ? `--servers and --inventories: 1 to ${SERVERS_MAX}`
        : undefined;
  if (values.help === true || problem !== undefined) {
    if (problem !== undefined) note(problem);
    process.stderr.write(USAGE);
    process.exitCode = values.help === true ? 0 : 2;
    return undefined;
  }
  const fleet = values.fleet === undefined ? undefined : resolve(values.fleet);
  return { names, json: values.json === true, options: { servers, inventories, fleet, note } };
}

/** NaN where the text is no count. */
function countOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  return count >= 1 && count <= SERVERS_MAX ? count : Number.NaN;
}

async function runBenches(): Promise<void> {
  const asked = readArguments();
  if (asked === undefined) return;
  for (const name of asked.names) {
    const bench = await BENCHES[name]?.();
    if (bench === undefined) continue;
    note(`bench ${name}`);
    const figures = await bench(asked.options);
    const result = { bench: name, machine: machineFacts(), ...figures };
    if (asked.json) process.stdout.write(`${JSON.stringify(result)}\n`);
    else process.stdout.write(`${table(figures)}\n`);
  }
}

function table(figures: Figures): string {
  const width = Math.max(...Object.keys(figures).map((name) => name.length));
  return Object.entries(figures)
    .map(([name, value]) => `${name.padEnd(width)}  ${typeof value === 'number' ? rounded(value) : value}`)
    .join('\n');
}

function rounded(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(4);
}

await runBenches();
