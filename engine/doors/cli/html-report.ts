/** The result of `check` as one HTML page that needs nothing else: for a pipeline's artifacts, or to send to somebody. */
import { driftClasses, type DriftItem, type Output, type Report } from '../../contract.ts';
import { clean, excerpt, formatCount, formatDuration, plural } from './format.ts';
import { deepLines } from './render/deep.ts';
import { foundOf } from './render/runs.ts';

/** Characters of a text shown. */
const TEXT_LENGTH = 240;

/** @param at Unix time in milliseconds, shown as when the page was made. */
export function htmlReport(output: Output<'check'>, at: number): string {
  const { broken, error } = output;
  const verdict =
    error !== undefined ? 'not finished' : broken.length === 0 ? 'policy kept' : 'policy broken';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Plumbline: ${verdict}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Plumbline: <span class="${verdict === 'policy kept' ? 'good' : 'bad'}">${verdict}</span></h1>
<p>${escape(new Date(at).toISOString())}</p>
${error === undefined ? '' : `<p class="bad">${escape(error.code)}: ${escape(error.message)}</p>`}
${brokenList(output)}
${overview(output.reports)}
${output.reports.map(details).join('\n')}
</body>
</html>
`;
}

function brokenList({ broken }: Output<'check'>): string {
  if (broken.length === 0) return '';
  const items = broken.map(
    ({ entityType, rule, found }) =>
      `<li>${escape(entityType)}: <code>${escape(rule)}</code>, found ${escape(foundOf(rule, found))}</li>`,
  );
  return `<h2>Broken rules</h2>\n<ul>${items.join('')}</ul>`;
}

function overview(reports: readonly Report[]): string {
  const head = ['entity type', 'in sync', 'source', 'indexed', ...driftClasses];
  const rows = reports.map((report) => [
    escape(report.entityType),
    `<span class="${report.state === 'in_sync' ? 'good' : 'bad'}">${report.inSyncPercent} %</span>`,
    formatCount(report.source),
    formatCount(report.indexed),
    ...driftClasses.map((name) => (report[name] === null ? 'not checked' : formatCount(report[name]))),
  ]);
  return `<table>
<thead><tr>${head.map((cell) => `<th scope="col">${cell}</th>`).join('')}</tr></thead>
<tbody>${rows.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join('')}</tr>`).join('\n')}</tbody>
</table>`;
}

function details(report: Report): string {
  const { deep } = report;
  if (report.state === 'in_sync' && deep === null) return '';
  const looked = (deep === null ? [] : deepLines(deep)).map((line) => `<li>${escape(line)}</li>`);
  const items = driftClasses.flatMap((name) => report.samples[name] ?? []);
  const read = `${plural(report.source, 'row')} read in ${formatDuration(report.durationMs)}${items.length === 0 ? '' : '; a few keys of each class:'}`;
  return [
    `<h2>${escape(report.entityType)}</h2>`,
    ...(looked.length === 0 ? [] : [`<ul>${looked.join('')}</ul>`]),
    `<p>${read}</p>`,
    ...(items.length === 0 ? [] : [itemTable(items)]),
  ].join('\n');
}

function itemTable(items: readonly DriftItem[]): string {
  const rows = items.map(
    (item) =>
      `<tr><td>${item.class}</td><td>${escape(clean(item.key))}</td><td>${cell(item.indexedText)}</td><td>${cell(item.text)}</td><td>${escape(item.reason)}</td></tr>`,
  );
  return `<table>
<thead><tr><th scope="col">class</th><th scope="col">key</th><th scope="col">indexed</th><th scope="col">source</th><th scope="col">why</th></tr></thead>
<tbody>${rows.join('\n')}</tbody>
</table>`;
}

const cell = (text: string | null): string => (text === null ? '' : escape(excerpt(text, TEXT_LENGTH)));

/** For element content and quoted attributes alike. */
function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #8884; overflow-wrap: anywhere; }
.good { color: light-dark(#16713a, #6fd693); } .bad { color: light-dark(#b3261e, #ff8a80); }
`;
