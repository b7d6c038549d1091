// How long the page of a classifier takes for photos, in Chromium:
//
//   node bench/page.mjs leaf.html PHOTO... [--slower 4] [--times 5]
//
// Prints, for each photo, the time from the choice of the file to the answer and the engine's share, median and least, in
// milliseconds. With --slower the processor is slowed so many times, as telephones are slower. Chromium slows one thread alone, so
// that the engine then runs in that of the page. CHROMIUM names the browser.

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

import { Chromium } from "../crates/logs/doctor-web/tests/chromium.mjs";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { slower: { type: "string", default: "1" }, times: { type: "string", default: "5" } } });
const [path, ...photos] = positionals;
const chromium = new Chromium(process.env.CHROMIUM ?? "/usr/bin/chromium");
const rate = Number(values.slower);

/** Runs what would be a worker on the thread of the page. */
function together() {
  const blobs = new Map();
  const create = URL.createObjectURL;
  URL.createObjectURL = (blob) => {
    const address = create.call(URL, blob);
    blobs.set(address, blob);
    return address;
  };
  window.Worker = class {
    constructor(address) {
      const answer = (data) => setTimeout(() => this.onmessage({ data }));
      this.ready = blobs.get(address).text().then((text) => new Function("postMessage", `let onmessage; ${text}; return onmessage;`)(answer));
    }

    postMessage(data) {
      this.ready.then((handle) => handle({ data }));
    }
  };
}

const page = await chromium.open(pathToFileURL(resolve(path)).href, { width: 412, height: 915, before: rate > 1 ? together : undefined });
await page.waitFor(() => started);
await page.send("Emulation.setCPUThrottlingRate", { rate });
const told = (values) => `${values.sort((a, b) => a - b)[values.length >> 1].toFixed(0)} (least ${values[0].toFixed(0)}) ms`;
for (const photo of photos) {
  const [whole, engine] = [[], []];
  for (let time = 0; time < Number(values.times); time += 1) {
    await page.evaluate(() => {
      window.begin = undefined;
      document.querySelector("#choose").addEventListener("change", () => (window.begin = performance.now()), { once: true, capture: true });
      photos.length = 0;
      window.end = new Promise((answered) => {
        const watch = new MutationObserver(() => photos.length && !asked && (watch.disconnect(), answered(performance.now())));
        watch.observe(document.querySelector("#status"), { childList: true, characterData: true, subtree: true });
      });
    });
    await page.chooseFiles("#choose", resolve(photo));
    const [took, engineTook] = await page.evaluate(() => window.end.then((end) => [end - window.begin, photos[0].milliseconds]));
    whole.push(took);
    engine.push(engineTook ?? 0);
  }
  console.log(`${photo}: ${told(whole)} to the answer, ${told(engine)} in the engine${rate > 1 ? `, slowed ${rate} times` : ""}`);
}
await chromium.close();
