/** Figures for Prometheus, in its text format (https://prometheus.io/docs/instrumenting/exposition_formats). */
import { driftClasses, jobStates, type Report } from '../../contract.ts';
import type { Engine } from '../../engine.ts';
import { servingGeneration } from '../../jobs/context.ts';

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** What the server knows beside the engine. */
export interface ServerFigures {
  readonly version: string;
  readonly startedAt: number;
  /** Starts at work or waiting for their turn. */
  readonly runs: number;
  readonly streams: number;
}

export function collectMetrics(engine: Engine, server: ServerFigures, now: number): Metric[] {
  const { jobs, reports } = engine.catalog;
  const counts = new Map(jobs.countByState().map(({ state, count }) => [state, count]));
  const types = Object.keys(engine.config.entityTypes);
  const latest = types.flatMap((type) => reports.latest(type)?.report ?? []);
  const memory = process.memoryUsage();
  return [
    one('plumbline_info', 'Always 1; the version is in the label.', 1, { version: server.version }),
    one('plumbline_uptime_seconds', 'Time since the server started.', (now - server.startedAt) / 1000),
    {
      name: 'plumbline_jobs',
      help: 'Jobs in the catalog by state.',
      samples: jobStates.map((state) => [{ state }, counts.get(state) ?? 0]),
    },
    {
      name: 'plumbline_entities',
      help: 'Indexed entities.',
      samples: types.map((type) => [
        { entity_type: type },
        servingGeneration(engine.catalog, type)?.entities ?? 0,
      ]),
    },
    {
      name: 'plumbline_drift',
      help: 'Entities by drift class, as the latest report of each type has them; without what it did not look for.',
      samples: latest.flatMap(driftSamples),
    },
    {
      name: 'plumbline_in_sync_percent',
      help: 'Share of entities in sync, as the latest report has it.',
      samples: latest.map((report) => [{ entity_type: report.entityType }, report.inSyncPercent]),
    },
    {
      name: 'plumbline_validated_timestamp_seconds',
      help: 'When the latest report was finished.',
      samples: latest.map((report) => [{ entity_type: report.entityType }, report.finishedAt / 1000]),
    },
    one('plumbline_runs', 'Starts at work or waiting for their turn.', server.runs),
    one('plumbline_event_streams', 'Open event streams.', server.streams),
    one('process_resident_memory_bytes', 'Resident memory.', memory.rss),
    one('nodejs_heap_used_bytes', 'Used heap of the engine thread.', memory.heapUsed),
    one('nodejs_external_memory_bytes', 'Memory outside of the heap.', memory.external),
  ];
}

const one = (name: string, help: string, value: number, labels: Labels = {}): Metric => ({
  name,
  help,
  samples: [[labels, value]],
});

function driftSamples(report: Report): Sample[] {
  return driftClasses.flatMap((name): Sample[] => {
    const found = report[name];
    return found === null ? [] : [[{ entity_type: report.entityType, class: name }, found]];
  });
}

/** All are gauges: jobs leave states, and entities indexes. */
export function renderMetrics(metrics: readonly Metric[]): string {
  const blocks = metrics.map(({ name, help, samples }) =>
    [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} gauge`,
      ...samples.map(([labels, value]) => `${name}${renderLabels(labels)} ${value}`),
    ].join('\n'),
  );
  return `${blocks.join('\n')}\n`;
}

function renderLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

const escapeLabel = (value: string): string =>
  value
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`);
