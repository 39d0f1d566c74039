/** The report in a real browser, opened from disk as a person opens it. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReportData } from '../../../reports/html/pack.ts';
import { renderReport } from '../../../reports/html/render.ts';
import { readTemplate } from '../../../reports/html/template.ts';
import { syntheticRun } from '../../../reports/testing/synthetic.ts';

const executablePath = process.env.ORDEAL_CHROMIUM ?? '/usr/bin/chromium';
const missing = !existsSync(executablePath);

test('there is a Chromium to test with (ORDEAL_CHROMIUM, or /usr/bin/chromium)', context => {
  if (missing && process.env.CI !== 'true') return context.skip(`no Chromium at ${executablePath}`);
  expect(missing).toBe(false);
});

interface Opened {
  readonly page: Page;
  /** Whatever a calm page does not have: console errors, exceptions, requests. */
  readonly troubles: string[];
  readonly readyMs: number;
}

describe.skipIf(missing)('the report in Chromium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ordeal-report-'));
  let browser: Browser;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'] });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = async (data: ReportData, { hash = '', width = 1280 } = {}): Promise<Opened> => {
    const file = join(folder, `${Math.random().toString(36).slice(2)}.html`);
    writeFileSync(file, renderReport(data, readTemplate()));
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    const troubles: string[] = [];
    page.on('console', message => void (message.type() === 'error' && troubles.push(message.text())));
    page.on('pageerror', error => void troubles.push(error.message));
    page.on('request', request => void (request.url().startsWith('file:') || troubles.push(`request to ${request.url()}`)));
    page.on('dialog', dialog => void troubles.push(`dialog ${dialog.message()}`));
    const started = performance.now();
    await page.goto(`${pathToFileURL(file)}${hash}`);
    await page.waitForSelector('main[data-ready=true] .latency canvas');
    return { page, troubles, readyMs: performance.now() - started };
  };

  const visibleRange = (page: Page): Promise<[number, number]> =>
    page.evaluate("(({ dataset }) => [Number(dataset.from), Number(dataset.to)])(document.querySelector('.timeline'))");
  const frame = (page: Page) => page.evaluate('new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))');
  /** Opaque pixels of an outcome's colour on the latency plot. */
  const pixelsOf = (page: Page, outcome: string): Promise<number> =>
    page.evaluate(`(() => {
      const canvas = document.querySelector('.latency canvas');
      const hex = parseInt(getComputedStyle(document.documentElement).getPropertyValue('--${outcome}').trim().slice(1), 16);
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      let found = 0;
      for (let at = 0; at < data.length; at += 4)
        if (Math.abs(data[at] - (hex >> 16)) + Math.abs(data[at + 1] - ((hex >> 8) & 255)) + Math.abs(data[at + 2] - (hex & 255)) < 60) found++;
      return found;
    })()`);

  test('a violation: verdict in words, the lanes of the contradiction, its operations, the timeline', async () => {
    const run = syntheticRun({ operations: 4000, verdict: false });
    const { page, troubles } = await open(run);
    expect(await page.locator('h1').textContent()).toContain('Promise broken');
    expect(await page.locator('.seen').textContent()).toBe('raft is not linearizable: stale-read on key r0.');
    expect(await page.locator('.command code').textContent()).toBe(run.results.command);
    expect(await page.locator('.anomaly .bar.strong').count()).toBe(5);
    expect((await page.locator('.anomaly .bar.strong').allTextContents()).at(-1)).toContain('read r0=91');
    expect(await page.locator('.anomaly tbody tr').count()).toBe(5);
    expect(await page.locator('.fault').count()).toBe(run.results.faults.length);
    for (const outcome of ['ok', 'fail', 'info']) expect(await pixelsOf(page, outcome)).toBeGreaterThan(20);
    expect(await page.locator('#faults tbody tr').count()).toBe(run.results.faults.length);
    expect(await page.locator('#availability tbody tr').count()).toBe(run.results.availability.length);
    expect(await page.locator('#logs tbody tr').count()).toBeGreaterThan(10);
    expect(troubles).toEqual([]);
  });

  test.each([
    [true, 'Safety held'],
    ['unknown', 'Undecided'],
  ] as const)('a run judged %s says "%s" and draws no contradiction', async (verdict, headline) => {
    const { page, troubles } = await open(syntheticRun({ operations: 2000, verdict }));
    expect(await page.locator('h1').textContent()).toContain(headline);
    expect(await page.locator('.anomaly').count()).toBe(0);
    expect(troubles).toEqual([]);
  });

  test('other operations on the key come and go', async () => {
    const { page } = await open(syntheticRun({ operations: 9000, verdict: false }));
    await page.click('.anomaly button.link');
    expect(await page.locator('.anomaly .bar.faint').count()).toBeGreaterThan(3);
    expect(await page.locator('.anomaly .bar.strong').count()).toBe(5);
    await page.click('.anomaly button.link');
    expect(await page.locator('.anomaly .bar.faint').count()).toBe(0);
  });

  test('the timeline zooms by drag, wheel, keys and buttons, and a double click shows the whole run', async () => {
    const { page, troubles } = await open(syntheticRun({ operations: 4000, verdict: true }));
    const all = await visibleRange(page);
    const plot = page.locator('.latency .u-over');
    await plot.scrollIntoViewIfNeeded();
    await page.waitForTimeout(400);
    const { x, y, width, height } = (await plot.boundingBox())!;
    await page.mouse.move(x + width * 0.25, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.5, y + height / 2, { steps: 4 });
    await page.mouse.up();
    await frame(page);
    const dragged = await visibleRange(page);
    const span = all[1] - all[0];
    expect(dragged[0]).toBeCloseTo(all[0] + span * 0.25, 0);
    expect(dragged[1]).toBeCloseTo(all[0] + span * 0.5, 0);

    await page.mouse.move(x + width * 0.5, y + height / 2);
    await page.mouse.wheel(0, -200);
    await expect.poll(async () => (await visibleRange(page))[1]).toBeLessThan(dragged[1]);

    await page.mouse.dblclick(x + width * 0.5, y + height / 2);
    await frame(page);
    expect(await visibleRange(page)).toEqual(all);

    await page.focus('.timeline');
    await page.keyboard.press('+');
    expect((await visibleRange(page))[1] - (await visibleRange(page))[0]).toBeCloseTo(span / 2, 1);
    await page.keyboard.press('0');
    expect(await visibleRange(page)).toEqual(all);
    await page.click('button[aria-label="Zoom in"]');
    expect((await visibleRange(page))[0]).toBeGreaterThan(all[0]);
    expect(troubles).toEqual([]);
  });

  test('the command that repeats the run can be copied', async () => {
    const { page } = await open(syntheticRun({ operations: 500, verdict: true }));
    await page.click('.command .copy');
    await page.waitForSelector('.command .copy:has-text("Copied")');
  });

  test('outcomes can be put aside', async () => {
    const { page } = await open(syntheticRun({ operations: 4000, verdict: true }));
    const before = await pixelsOf(page, 'fail');
    await page.click('.legend button.fail');
    await frame(page);
    expect(await pixelsOf(page, 'fail')).toBeLessThan(before / 4);
  });

  test('a link to an operation shows it, and so does a link to an anomaly', async () => {
    const run = syntheticRun({ operations: 2000, verdict: false });
    const index = run.history.find(event => event.type === 'ok' && event.index > 1200)!.index;
    const { page } = await open(run, { hash: `#/operation/${index}` });
    expect(await page.locator('#operation h2').textContent()).toContain(`Operation ${index}`);
    expect(await page.locator('#operation .bar.strong').count()).toBe(1);
    await page.evaluate("location.hash = '#/anomaly/0/0'");
    await page.waitForSelector('#anomaly-0-0:focus');
    await page.click('.explanation a');
    await page.waitForSelector('#operation');
  });

  test('of several anomalies the smallest is shown, and a link unfolds another', async () => {
    const { results, history } = syntheticRun({ operations: 2000, verdict: false });
    const [check] = results.checks;
    const small = { type: 'lost-write', key: 'r1', operations: check!.anomalies[0]!.operations.slice(-2), explanation: 'two of them' };
    const { page } = await open({ results: { ...results, checks: [{ ...check!, anomalies: [...check!.anomalies, small] }] }, history });
    expect(await page.locator('.anomaly').count()).toBe(1);
    expect(await page.locator('.anomaly .explanation').textContent()).toBe('two of them');
    await page.click('.folded a');
    await page.waitForSelector('#anomaly-0-0:focus');
    expect(await page.locator('.anomaly').count()).toBe(2);
  });

  test('values, errors, names and log lines of the system stay text', async () => {
    const evil = '</script><img src=x onerror=alert(1)><b>bold</b>';
    const { results, history } = syntheticRun({ operations: 200, verdict: false });
    const anomalies = results.checks[0]!.anomalies.map(anomaly => ({ ...anomaly, key: evil, type: evil, explanation: evil }));
    const { page, troubles } = await open({
      results: {
        ...results,
        system: evil,
        command: evil,
        warnings: [evil],
        exits: [{ timeMs: 5, node: evil, reason: evil }],
        checks: [{ ...results.checks[0]!, model: evil, anomalies }],
        faults: results.faults.map(fault => ({
          ...fault,
          kind: evil,
          targets: [evil],
          proof: evil,
          healProof: evil,
          params: { [evil]: evil },
        })),
        leaders: [{ timeMs: 1, leader: evil, term: 1 }],
      },
      history: history.map(event => ({ ...event, value: evil, key: evil, node: evil, f: evil, error: { name: evil, message: evil } })),
      logs: [{ node: evil, file: evil, lines: [{ timeMs: 1, text: evil }], omitted: 0 }],
    });
    await page.click('.anomaly button.link');
    expect(await page.locator('img, b').count()).toBe(0);
    expect(await page.locator('#logs').textContent()).toContain('<b>bold</b>');
    expect(await page.locator('.explanation').textContent()).toContain(evil);
    expect(troubles).toEqual([]);
  });

  test('on a phone nothing is wider than the screen', async () => {
    const { page } = await open(syntheticRun({ operations: 2000, verdict: false }), { width: 390 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
  });

  test('a page without its data says so', async () => {
    const file = join(folder, 'torn.html');
    writeFileSync(file, readTemplate());
    const page = await browser.newPage();
    await page.goto(pathToFileURL(file).href);
    await page.waitForSelector('#app[role=alert]');
    expect(await page.locator('#app').textContent()).toContain('lacks its data');
  });

  test('100,000 operations: ready within seconds, and zooming stays smooth', async () => {
    const { page, troubles, readyMs } = await open(syntheticRun({ operations: 100_000, verdict: false, durationMs: 60_000 }));
    const plot = page.locator('.latency .u-over');
    await plot.scrollIntoViewIfNeeded();
    await page.waitForTimeout(400);
    const { x, y, width, height } = (await plot.boundingBox())!;
    await page.mouse.move(x + width / 2, y + height / 2);
    await page.evaluate(`(() => {
      window.frames_ = [];
      let last = performance.now();
      const tick = now => { window.frames_.push(now - last); last = now; requestAnimationFrame(tick); };
      requestAnimationFrame(tick);
    })()`);
    for (let step = 0; step < 30; step++) await page.mouse.wheel(0, step < 20 ? -40 : 40);
    await frame(page);
    const frames = ((await page.evaluate('window.frames_')) as number[]).slice(1).sort((a, b) => a - b);
    const [median, worst] = [frames[frames.length >> 1]!, frames.at(-1)!];
    console.log(
      `100,000 operations: ready after ${readyMs.toFixed(0)} ms; ${frames.length} frames, median ${median.toFixed(1)} ms, worst ${worst.toFixed(1)} ms`,
    );
    expect((await visibleRange(page))[1]).toBeLessThan(60);
    expect(readyMs).toBeLessThan(8000);
    expect(median).toBeLessThan(100);
    expect(troubles).toEqual([]);
  });
});
