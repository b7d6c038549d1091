// Runs the browser's lines of docs/export.md in Chromium on the golden set.
//
//     cargo run --release -p foliar-cli --example golden -- FOLDER
//     foliar export FOLDER/model.foliar
//     npm install onnxruntime-web playwright-core
//     CHROMIUM=/usr/bin/chromium node bench/snippets.mjs FOLDER NODE_MODULES
//
// The browser decodes, so photos of lossy formats may be answered otherwise near a threshold; those of eight-bit lossless ones not.

import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const [folder, modules] = process.argv.slice(2).map((path) => resolve(path));
const { chromium } = createRequire(join(modules, "x"))("playwright-core");
const docs = readFileSync(join(dirname(fileURLToPath(import.meta.url)), "../docs/export.md"), "utf8");
const snippet = docs.match(/## Browser\n\n```js\n([\s\S]*?)```/)[1];
const page = `<script type="module">
  import * as ort from "/ort/ort.wasm.min.mjs";
  ort.env.wasm.numThreads = 1;
  window.classify = async (file) => {
    ${snippet}
    return { answer: Number(answer.data[0]), probabilities: [...probabilities.data], distance: distance.data[0] };
  };
  window.ready = true;
</script>`;
const types = { mjs: "text/javascript", wasm: "application/wasm" };
const server = createServer((request, response) => {
  const path = decodeURIComponent(request.url.split("?")[0]);
  try {
    const body =
      path === "/" ? page
      : path.startsWith("/ort/") ? readFileSync(join(modules, "onnxruntime-web/dist", path.slice(5)))
      : readFileSync(join(folder, path));
    response.setHeader("Content-Type", types[path.split(".").pop()] ?? "text/html");
    response.end(body);
  } catch {
    response.statusCode = 404;
    response.end();
  }
}).listen(0, "127.0.0.1");
await new Promise((done) => server.once("listening", done));

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
const tab = await browser.newPage();
tab.on("pageerror", (error) => console.log(`page: ${error}`));
await tab.goto(`http://127.0.0.1:${server.address().port}/`);
await tab.waitForFunction("window.ready");
const rows = readFileSync(join(folder, "expected.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line));
let failed = 0;
const worst = { same: 0, other: 0 };
for (const row of rows) {
  const said = await tab.evaluate(async (path) => {
    try {
      const response = await fetch(path);
      return await window.classify(await response.blob());
    } catch (error) {
      return { error: String(error) };
    }
  }, "/" + row.path);
  const same = /\.(png|bmp|gif)$/.test(row.path) && !/-16/.test(row.path);
  if (said.error || row.error) {
    const good = Boolean(said.error) === Boolean(row.error);
    console.log(`${row.path}: ${said.error ?? "read"}; foliar: ${row.error ?? "read"}`);
    failed += same && !good;
    continue;
  }
  const expected = row.predictions.map((prediction) => prediction.probability).sort((a, b) => b - a);
  const found = said.probabilities.sort((a, b) => b - a);
  const difference = Math.max(...expected.map((value, place) => Math.abs(value - found[place])));
  const kind = same ? "same" : "other";
  worst[kind] = Math.max(worst[kind], difference);
  const good = said.answer >= 0 === (row.answer !== null) && (!same || difference < 1e-4);
  if (!good) console.log(`${row.path}: a probability differs by ${difference.toExponential(1)}, answer ${said.answer} for ${row.answer}`);
  failed += same && !good;
}
console.log(`same pixels ${worst.same.toExponential(1)}, other pixels ${worst.other.toExponential(1)}; ${failed} failed`);
await browser.close();
server.close();
process.exit(failed ? 1 : 0);
