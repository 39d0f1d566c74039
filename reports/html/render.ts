/** Results and history in, one self-contained HTML page out. Pure; the built template is text that comes in. */
import { wordVerdict } from '../wording.ts';
import { packReport, type ReportData } from './pack.ts';
import { chunkId, chunkType } from './payload.ts';

/** Where the template takes the data: a comment that the page's build leaves alone. */
export const dataMarker = '<!--ordeal-data-->';

/**
 * The whole page. Everything that the system under test said travels as base64, so nothing in it can be markup or script; what a page
 * without script shows is escaped. Throws if the template lacks its marker. O(n) in the history.
 */
export const renderReport = (data: ReportData, template: string): string => {
  const at = template.indexOf(dataMarker);
  if (at < 0) throw new Error('invariant broken: the report template has no place for its data');
  const chunks = packReport(data);
  const scripts = (['summary', 'columns', 'text'] as const).map(
    name => `<script type="${chunkType}" id="${chunkId(name)}">${Buffer.from(chunks[name]).toString('base64')}</script>`,
  );
  return [template.slice(0, at), withoutScript(data), ...scripts, template.slice(at + dataMarker.length)].join('\n');
};

const withoutScript = ({ results }: ReportData): string => {
  const { headline, seen, promised, tested } = wordVerdict(results);
  return `<noscript><h1>${escapeHtml(headline)}</h1>${[seen, promised, tested].map(text => `<p>${escapeHtml(text)}</p>`).join('')}</noscript>`;
};

/** Text as HTML text or attribute value. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, mark => `&#${mark.charCodeAt(0)};`);
