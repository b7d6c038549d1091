// The page of a classifier in Firefox, opened from its file at 412 x 915: photos, and the fake camera.
//
//   npm install puppeteer-core
//   foliar export RUN --format page --out leaf.html --check PHOTOS
//   node bench/firefox.mjs leaf.html leaf.html.expected.jsonl [FIREFOX]
//
// The second file holds the rows that the page must give, of `foliar export --check` or `foliar predict --format jsonl`. Fails if an
// answer or a set differs, a probability by more than 1e-5, a broken photo is read, anything but the page is loaded, or the page is
// wider than the window. FIREFOX is /usr/bin/firefox unless it is named.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

import puppeteer from "puppeteer-core";

const [path, rows, executablePath = "/usr/bin/firefox"] = process.argv.slice(2);
const expected = readFileSync(rows, "utf8").trim().split("\n").map((line) => JSON.parse(line));
const files = expected.map((row) => resolve(row.path));
/** Photos that are chosen at once. */
const TOGETHER = 10;

const firefox = await puppeteer.launch({
  browser: "firefox",
  executablePath,
  extraPrefsFirefox: { "media.navigator.streams.fake": true, "media.navigator.permission.disabled": true },
});
const page = await firefox.newPage();
const requests = [];
page.on("request", (request) => requests.push(request.url()));
await page.setViewport({ width: 412, height: 915 });

/** Waits, at most two minutes, until the expression holds in the page. */
async function until(expression) {
  for (const end = Date.now() + 120_000; !(await page.evaluate(expression)); ) {
    assert.ok(Date.now() < end, `not within two minutes: ${expression}`);
    await new Promise((resume) => setTimeout(resume, 100));
  }
}

await page.goto(pathToFileURL(resolve(path)).href);
await until("started");
const input = await page.$("#choose");
for (let done = 0; done < files.length; done += TOGETHER) {
  await input.uploadFile(...files.slice(done, done + TOGETHER));
  await until(`photos.length === ${Math.min(done + TOGETHER, files.length)} && asked === 0`);
}
const answered = JSON.parse(await page.evaluate("JSON.stringify(photos.map((photo) => photo.row).reverse())"));
let [broken, largest] = [0, 0];
for (const [place, row] of expected.entries()) {
  const { answer, set, predictions } = answered[place];
  assert.equal(Boolean(predictions), Boolean(row.predictions), row.path);
  broken += !row.predictions;
  if (!row.predictions) continue;
  assert.deepEqual([answer, set], [row.answer, row.set], row.path);
  const said = new Map(predictions.map((one) => [one.class, one.probability]));
  for (const one of row.predictions) largest = Math.max(largest, Math.abs(one.probability - said.get(one.class)));
}
assert.ok(largest <= 1e-5, `probabilities differ by ${largest}`);

await page.evaluate('document.querySelector("#live").click()');
await until('document.querySelector("#camera").open && document.querySelector("#video").videoWidth > 0');
await page.evaluate('document.querySelector("#shoot").click()');
await until(`photos.length === ${files.length + 1} && asked === 0`);
assert.ok(await page.evaluate("photos[0].row.predictions !== undefined && stream === null"), "a picture of the camera is answered");

const [content, window] = await page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]");
assert.ok(content <= window, `${content} pixels in a window of ${window}`);
assert.equal(requests.length, 1, `nothing but the page is loaded: ${requests}`);
console.log(`${await firefox.version()}: ${files.length} photos, ${broken} of them broken, and the camera; probabilities differ by at most ${largest.toExponential(1)}`);
await firefox.close();
