/** Draws figures over the size of the fleet: small panels side by side, both axes logarithmic, in the reader's own colours. */
import type { CurvePoint } from './curve.bench.ts';

interface Panel {
  readonly title: string;
  readonly lines: readonly { readonly figure: string; readonly label: string }[];
}

const PANELS: readonly Panel[] = [
  {
    title: 'one page of ten, ms (mean, cold)',
    lines: [
      { figure: 'view_mean_ms', label: 'read model' },
      { figure: 'sql_mean_ms', label: 'SQL' },
    ],
  },
  {
    title: 'p99 of a page, ms',
    lines: [
      { figure: 'p99_ms_at_rest', label: 'at rest' },
      { figure: 'p99_ms_under_reports', label: '300 reports/s' },
    ],
  },
  { title: 'start to ready, s', lines: [{ figure: 'seconds_to_ready', label: 'serve' }] },
  { title: 'memory of the node, MiB', lines: [{ figure: 'rss_mb', label: 'resident' }] },
  {
    title: 'advisory to visible in full, s',
    lines: [
      { figure: 'seconds_100_servers', label: '100 servers' },
      { figure: 'seconds_40_percent', label: '40 % of them' },
    ],
  },
];

const PANEL = { width: 250, height: 190, left: 46, right: 14, top: 34, bottom: 30 } as const;
const COLUMNS = 3;

const STYLE = `text { font: 11px system-ui, sans-serif; fill: #333 } .title { font-weight: 600 } .grid { stroke: #ccc }
.line { fill: none; stroke-width: 2 } .a { stroke: #0b62c4 } .b { stroke: #c4570b } circle.a { fill: #0b62c4 } circle.b { fill: #c4570b }
text.a { fill: #0b62c4; stroke: none } text.b { fill: #c4570b; stroke: none }
@media (prefers-color-scheme: dark) { text { fill: #ddd } .grid { stroke: #444 } .a { stroke: #6cb0ff } .b { stroke: #ffab6c }
circle.a, text.a { fill: #6cb0ff } circle.b, text.b { fill: #ffab6c } }`;

export function curveSvg(points: readonly CurvePoint[]): string {
  const rows = Math.ceil(PANELS.length / COLUMNS);
  const width = COLUMNS * PANEL.width;
  const height = rows * PANEL.height;
  const panels = PANELS.map((panel, index) => {
    const x = (index % COLUMNS) * PANEL.width;
    const y = Math.floor(index / COLUMNS) * PANEL.height;
    return `<g transform="translate(${x} ${y})">${panelSvg(panel, points)}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="Cost over the number of servers">
<style>${STYLE}</style>
${panels.join('\n')}
</svg>
`;
}

function panelSvg({ title, lines }: Panel, points: readonly CurvePoint[]): string {
  const series = lines.map(({ figure, label }) => ({ label, values: valuesOf(points, figure) }));
  const all = series.flatMap(({ values }) => values.map(({ value }) => value));
  const heading = `<text class="title" x="8" y="16">${title}</text>`;
  if (all.length === 0) return heading;
  const x = logScale(
    points.map(({ servers }) => servers),
    [PANEL.left, PANEL.width - PANEL.right],
  );
  const y = logScale(all, [PANEL.height - PANEL.bottom, PANEL.top]);
  const ticks = [
    ...y.ticks.map((value) => yTick(y.at(value), value)),
    ...points.map((point) => xTick(x.at(point.servers), point)),
  ];
  const drawn = series.map(({ label, values }, index) => {
    const name = index === 0 ? 'a' : 'b';
    const places = values.map(({ servers, value }) => [x.at(servers), y.at(value)] as const);
    const path = places.map(([left, top]) => `${left.toFixed(1)},${top.toFixed(1)}`).join(' ');
    const dots = places.map(
      ([left, top]) => `<circle class="${name}" cx="${left.toFixed(1)}" cy="${top.toFixed(1)}" r="2.5"/>`,
    );
    const legend = `<text class="${name}" x="${PANEL.left + index * 96}" y="29">${label}</text>`;
    return `<polyline class="line ${name}" points="${path}"/>${dots.join('')}${legend}`;
  });
  return [heading, ...ticks, ...drawn].join('');
}

function valuesOf(
  points: readonly CurvePoint[],
  figure: string,
): readonly { readonly servers: number; readonly value: number }[] {
  return points.flatMap(({ servers, figures }) => {
    const value = Number(figures[figure]);
    return value > 0 ? [{ servers, value }] : [];
  });
}

/** From values to places: whole powers of ten around them. */
function logScale(
  values: readonly number[],
  [from, to]: readonly [number, number],
): { readonly at: (value: number) => number; readonly ticks: readonly number[] } {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  return {
    at: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
    ticks: Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index)),
  };
}

function yTick(at: number, value: number): string {
  return `<line class="grid" x1="${PANEL.left}" x2="${PANEL.width - PANEL.right}" y1="${at.toFixed(1)}" y2="${at.toFixed(1)}"/><text x="${PANEL.left - 5}" y="${(at + 4).toFixed(1)}" text-anchor="end">${shortened(value)}</text>`;
}

function xTick(at: number, { servers }: CurvePoint): string {
  return `<text x="${at.toFixed(1)}" y="${PANEL.height - PANEL.bottom + 15}" text-anchor="middle">${shortened(servers)}</text>`;
}

/** 10000 as 10k, 2000000 as 2M, 0.001 as it is. */
function shortened(value: number): string {
  if (value >= 1_000_000) return `${value / 1_000_000}M`;
  if (value >= 1_000) return `${value / 1_000}k`;
  return String(Number(value.toPrecision(3)));
}
