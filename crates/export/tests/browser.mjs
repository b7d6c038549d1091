// The page in a real browser: node crates/export/tests/browser.mjs leaf.html FOLDER EXPECTED [FOLDER FOR PICTURES]
//
// FOLDER is the same page as a folder, EXPECTED the rows that `foliar export --check` wrote for it: the page must say the same of the
// same files. Where FOLIAR names the program and RUN the run that was exported, the page of `foliar serve` is looked at too. Needs Node 18 and Chromium, which CHROMIUM names where it is not /usr/bin/chromium; without it the tests are skipped.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { basename, extname, join, resolve } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";

import { Chromium } from "../../logs/doctor-web/tests/chromium.mjs";

const [path, folder, expectedPath, pictures] = process.argv.slice(2);
const executable = process.env.CHROMIUM ?? "/usr/bin/chromium";
const skip = !existsSync(executable) && `there is no ${executable}`;
assert.ok([path, folder, expectedPath].every((path) => path && existsSync(path)), "give the page, its folder and what is expected");

const expected = readFileSync(expectedPath, "utf8").trim().split("\n").map((line) => JSON.parse(line));
const files = expected.map((row) => resolve(row.path));
const readable = expected.findIndex((row) => row.predictions);
const languages = JSON.parse(readFileSync(new URL("../page/languages.json", import.meta.url)));
const PHONE = { width: 412, height: 915 };
/** Largest difference of a probability: two ways to add the same numbers. */
const NEAR = 1e-5;

const chromium = skip ? undefined : new Chromium(executable, ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", "--lang=en"]);
after(() => chromium?.close());

/** Opens the page from its file, without a network, hands it to `check` and watches for errors and requests. */
function look(name, options, check) {
  test(name, { skip }, async () => {
    const page = await chromium.open(pathToFileURL(resolve(path)).href, options);
    await check(page);
    assert.deepEqual(page.troubles, []);
    assert.equal(page.requests.length, 1, `nothing but the page is loaded: ${page.requests}`);
    await page.close();
  });
}

async function picture(page, name) {
  if (pictures) writeFileSync(join(pictures, `${name}.png`), await page.screenshot());
}

/** Waits until so many photos are answered, and returns their rows in the order of asking. */
async function rows(page, count) {
  await page.waitFor((count) => photos.length === count && asked === 0, count);
  return page.evaluate(() => photos.map(({ row, code, learned, byBrowser }) => ({ ...row, code, learned, byBrowser })).reverse());
}

const text = (page, selector) => page.evaluate((selector) => document.querySelector(selector).textContent, selector);
const isShown = (page, selector) => page.evaluate((selector) => document.querySelector(selector).checkVisibility(), selector);

/** Nothing is wider than the window, and what is touched is large enough. */
async function fits(page) {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(content <= window, `${content} pixels in a window of ${window}`);
  const small = await page.evaluate(() =>
    [...document.querySelectorAll("button, select, summary, label.button")]
      .filter((part) => part.checkVisibility())
      .map((part) => [part.id || part.textContent, part.getBoundingClientRect()])
      .filter(([, box]) => box.height < 48 || box.width < 48)
      .map(([name, box]) => `${name}: ${box.width} x ${box.height}`),
  );
  assert.deepEqual(small, [], "what is touched has 48 pixels");
}

/** Contrast of every text against what is behind it, as WCAG 2 defines it. */
async function isReadable(page) {
  const poor = await page.evaluate(() => {
    const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
    const luminance = ([r, g, b]) => [r, g, b].map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4)).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const background = (part) => {
      for (let at = part; at; at = at.parentElement) {
        const colour = numbers(getComputedStyle(at).backgroundColor);
        if (colour.length < 4 || colour[3] > 0) return colour;
      }
      return [255, 255, 255];
    };
    return [...document.querySelectorAll("body *")]
      .filter((part) => part.checkVisibility() && !part.closest(".beyond, option") && [...part.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()))
      .map((part) => {
        const [text, behind] = [luminance(numbers(getComputedStyle(part).color)), luminance(background(part))].sort((a, b) => b - a);
        return [part.textContent.slice(0, 30), (text + 0.05) / (behind + 0.05)];
      })
      .filter(([, contrast]) => contrast < 4.5);
  });
  assert.deepEqual(poor, [], "every text has a contrast of 4.5");
}

function assertNear(found, expected) {
  assert.equal(found.error, expected.error, expected.path);
  if (expected.error) return;
  for (const field of ["answer", "abstained", "reason", "set", "remarks"]) {
    assert.deepEqual(found[field], expected[field], `${field} of ${expected.path}`);
  }
  const of = new Map(found.predictions.map((prediction) => [prediction.class, prediction.probability]));
  for (const { class: name, probability } of expected.predictions) {
    assert.ok(Math.abs(of.get(name) - probability) <= NEAR, `${name} of ${expected.path}: ${of.get(name)}, not ${probability}`);
  }
  if (expected.distance) assert.ok(Math.abs(found.distance / expected.distance - 1) < 1e-3, `distance of ${expected.path}`);
}

test("the page is small, and its folder holds the same", () => {
  const page = readFileSync(path, "utf8");
  const bundle = page.match(/id="bundle">([^<]*)</)[1];
  assert.ok(statSync(path).size - bundle.length < 1_500_000, "engine, texts and script");
  const inFolder = readFileSync(join(folder, "index.html"), "utf8");
  assert.ok(inFolder.includes(bundle) && inFolder.includes("manifest.webmanifest"));
  assert.ok(readFileSync(join(folder, "icon-512.png")).subarray(1, 4).equals(Buffer.from("PNG")));
});

look("the answers of foliar predict", PHONE, async (page) => {
  await page.chooseFiles("#choose", ...files);
  const found = await rows(page, files.length);
  found.forEach((row, place) => {
    assertNear(row, expected[place]);
    assert.equal(row.path, basename(expected[place].path));
  });
  const distance = (row, other) => Math.max(...row.predictions.map(({ class: name, probability }) => Math.abs(probability - other.predictions.find((one) => one.class === name).probability)));
  const largest = Math.max(...found.filter((row) => row.predictions).map((row) => distance(row, expected[found.indexOf(row)])));
  console.log(`${files.length} photos; largest difference of a probability ${largest.toExponential(1)}`);

  const [recent, first] = await page.evaluate(() => [photos[0], photos.at(-1)].map(({ picture, small }) => [Boolean(picture), Boolean(small)]));
  assert.deepEqual([recent[1], first], [true, [files.length <= 12 && first[0], true]], "old pictures are not kept, small ones are");

  // The table has the columns of `foliar predict --format csv --all`, and the time.
  const table = await page.evaluate(() => csv());
  const lines = table.trim().split("\n");
  assert.equal(lines.length, files.length + 1);
  assert.match(lines[0], /^path,class,probability,abstained,reason,set,distance,p:.*,error,time$/);
  const cells = await page.evaluate(() => ["=1+1", "-2.5", "-x", "a,b", 'say "no"', "'@x", null, "+1e3", "line\nbreak"].map(cell));
  assert.deepEqual(cells, ["'=1+1", "-2.5", "'-x", '"a,b"', '"say ""no"""', "''@x", "", "+1e3", '"line\nbreak"']);
  await page.click("Save as CSV");
  await page.click("Clear");
  assert.ok(await isShown(page, "#start"));
});

for (const [width, colorScheme] of [[412, "light"], [412, "dark"], [1400, "light"], [1400, "dark"]]) {
  look(`seen at ${width}, ${colorScheme}`, { width, height: 915, colorScheme, touch: width < 500 }, async (page) => {
    await page.waitFor(() => document.querySelector("#status").textContent === "Ready.");
    await fits(page);
    await isReadable(page);
    await picture(page, `start-${width}-${colorScheme}`);
    const answered = files.find((_, place) => expected[place].answer) ?? files[readable];
    await page.chooseFiles(width < 500 ? "#take" : "#choose", answered);
    await rows(page, 1);
    assert.match(await text(page, "#status"), /%/, "the answer is told");
    assert.ok(await page.evaluate(() => document.querySelector("#photo").decode().then(() => true)), "the photo is shown");
    await page.click("Show where it looks");
    await page.waitFor(() => document.querySelector("#heat").checkVisibility() && document.querySelector("#heat").width > 0);
    const isColourful = await page.evaluate(() => {
      const heat = document.querySelector("#heat");
      const { data } = heat.getContext("2d").getImageData(0, 0, heat.width, heat.height);
      return new Set(data.filter((_, place) => place % 4 === 0)).size;
    });
    assert.ok(isColourful > 20, `${isColourful} reds`);
    await page.click("About this classifier");
    await fits(page);
    await isReadable(page);
    await picture(page, `answer-${width}-${colorScheme}`);
    for (const selector of ["#facts", ".caution"]) assert.ok((await text(page, selector)).length > 40, selector);
    const broken = await page.evaluate(() => {
      take([new File(["no photo"], "broken.jpg")]);
    });
    assert.equal(broken, undefined);
    await rows(page, 2);
    assert.equal(await text(page, "#answer"), "No answer");
    await isReadable(page);
    await fits(page);
    const unknown = files.find((_, place) => expected[place].abstained);
    if (unknown) {
      await page.chooseFiles("#choose", unknown);
      await rows(page, 3);
      assert.equal(await text(page, "#answer"), "Unknown");
      assert.ok((await text(page, "#why")).length > 20, "and why");
      await isReadable(page);
      await picture(page, `unknown-${width}-${colorScheme}`);
    }
  });
}

look("what is broken, and a photo after it", PHONE, async (page) => {
  const photo = readFileSync(files[readable]);
  const broken = [["cut.jpg", photo.subarray(0, photo.length / 2)], ["empty.png", ""], ["poem.jpg", "The leaf is green."], ["huge.png", huge()]];
  for (const [name, content] of broken) await page.choose("#choose", name, content);
  let found = await rows(page, broken.length);
  assert.deepEqual(found.map((row) => [row.path, typeof row.error, row.answer]), broken.map(([name]) => [name, "string", undefined]));
  // As if a decoder had ended the engine.
  await page.workers[0]("Runtime.evaluate", { expression: 'engine = { ...engine, page_predict() { throw new WebAssembly.RuntimeError("unreachable"); } }' });
  await page.chooseFiles("#choose", files[readable], files[readable]);
  found = await rows(page, broken.length + 2);
  assert.deepEqual([found.at(-2).code, found.at(-2).error], ["failed", "unreachable"]);
  assertNear(found.at(-1), expected[readable]);
  assert.equal(await isShown(page, "#history"), true);
});

/** A PNG that says to have 60000 x 60000 pixels. */
function huge() {
  return Buffer.from("89504e470d0a1a0a0000000d494844520000ea600000ea600802000000000000000000000049444154000000000000000049454e44ae426082", "hex");
}

look("a format that the browser decodes", PHONE, async (page) => {
  // An icon of Windows holds a PNG.
  const png = await page.evaluate(async () => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 200;
    const context = canvas.getContext("2d");
    context.fillStyle = "#3a7d2c";
    context.fillRect(20, 20, 160, 160);
    return canvas.toDataURL().split(",")[1];
  });
  const bytes = Buffer.from(png, "base64");
  const head = Buffer.alloc(22);
  head.set([0, 0, 1, 0, 1, 0, 200, 200, 0, 0, 1, 0, 32, 0]);
  head.writeUInt32LE(bytes.length, 14);
  head.writeUInt32LE(22, 18);
  await page.choose("#choose", "leaf.ico", Buffer.concat([head, bytes]));
  const [row] = await rows(page, 1);
  assert.ok(row.byBrowser && row.predictions.length > 1, JSON.stringify(row));
  assert.match(await text(page, "#remarks"), /browser has decoded/);
});

look("the camera", PHONE, async (page) => {
  await page.click("Take a photo");
  await page.waitFor(() => document.querySelector("#camera").open && document.querySelector("#video").videoWidth > 0);
  await page.evaluate(() => document.querySelector("#shoot").click());
  const [row] = await rows(page, 1);
  assert.ok(row.predictions && /^camera-\d+\.jpg$/.test(row.path), JSON.stringify(row));
  await page.waitFor(() => stream === null);
});

look("dropped and pasted", {}, async (page) => {
  const content = readFileSync(files[readable]).toString("base64");
  for (const kind of ["drop", "paste"]) {
    await page.evaluate(async (content, name, kind) => {
      const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([bytes], name));
      const event = kind === "drop" ? new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }) : new ClipboardEvent("paste", { clipboardData: dataTransfer, bubbles: true });
      document.body.dispatchEvent(event);
    }, content, basename(files[readable]), kind);
  }
  for (const row of await rows(page, 2)) assertNear(row, expected[readable]);
});

look("every language", PHONE, async (page) => {
  await page.chooseFiles("#choose", files[readable], files.find((_, place) => expected[place].abstained) ?? files[readable]);
  await rows(page, 2);
  for (const [tag, words] of Object.entries(languages)) {
    await page.evaluate((tag) => {
      const select = document.querySelector("#language");
      select.value = tag;
      select.dispatchEvent(new Event("change"));
    }, tag);
    const page_ = await page.evaluate(() => ({ lang: document.documentElement.lang, title: document.title, text: document.body.innerText }));
    assert.deepEqual([page_.lang, page_.title], [tag, words.title]);
    for (const key of ["choose", "history", "save", "look", "about"]) assert.ok(page_.text.includes(words[key]), `${tag}: ${words[key]}`);
    assert.doesNotMatch(page_.text, /undefined|NaN|\{\w+\}/);
    await fits(page);
    await picture(page, `language-${tag}`);
  }
  assert.equal(await page.evaluate(() => localStorage.getItem("foliar-language")), Object.keys(languages).at(-1), "it is kept");
});

look("keys alone", {}, async (page) => {
  const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.textContent);
  const order = [];
  for (let step = 0; step < 5; step += 1) {
    await page.press("Tab", 9);
    order.push(await focused());
  }
  assert.deepEqual(order, ["language", "theme", "live", "choose", "About this classifier"]);
  const before = await page.evaluate(() => document.documentElement.dataset.theme);
  await page.evaluate(() => document.querySelector("#theme").click());
  assert.notEqual(await page.evaluate(() => document.documentElement.dataset.theme), before);
  const levels = await page.evaluate(() => [...document.querySelectorAll("h1, h2, h3")].map((heading) => +heading.tagName[1]));
  assert.ok(levels[0] === 1 && levels.slice(1).every((level, place) => level - levels[place] <= 1), "no heading level is skipped");
  const nameless = await page.evaluate(() =>
    [...document.querySelectorAll("button, input, select")].filter((part) => part.checkVisibility() && !part.textContent.trim() && !part.ariaLabel && !part.labels?.[0]?.textContent.trim()).map((part) => part.id),
  );
  assert.deepEqual(nameless, [], "everything that is used has a name");
});

test("the folder works without a network after the first visit", { skip }, async () => {
  const kinds = { ".html": "text/html", ".js": "text/javascript", ".webmanifest": "application/manifest+json", ".png": "image/png" };
  const server = createServer((request, response) => {
    const name = new URL(request.url, "http://localhost").pathname.slice(1) || "index.html";
    const file = join(folder, name);
    if (!existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, { "Content-Type": kinds[extname(file)] }).end(readFileSync(file));
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const address = `http://localhost:${server.address().port}/`;
  const page = await chromium.open(address, { ...PHONE, offline: false });
  await page.waitFor(() => navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null));
  await page.waitFor(() => started);
  // Without the server, as a telephone without a signal.
  server.close();
  server.closeAllConnections();
  await page.send("Page.reload");
  await page.waitFor(() => document.readyState === "complete" && typeof started === "boolean" && started);
  await page.chooseFiles("#choose", files[readable]);
  assertNear((await rows(page, 1))[0], expected[readable]);
  assert.deepEqual(page.troubles, []);
  const asked = new Set(page.requests.map((request) => new URL(request).host));
  assert.deepEqual([...asked], [new URL(address).host], "no other host is asked");
  await page.close();
});

const { FOLIAR: program, RUN: run } = process.env;
test("the page of a server asks it and nobody else", { skip: skip || (!(program && run) && "FOLIAR and RUN are not set") }, async () => {
  const server = spawn(program, ["serve", run, "--listen", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "ignore"] });
  const address = String(await once(server.stdout, "data")).match(/http:\S+/)[0].replace(/\/*$/, "/");
  const page = await chromium.open(address, { ...PHONE, offline: false });
  await page.waitFor(() => started);
  await fits(page);
  await isReadable(page);
  assert.match(await text(page, "#intro"), /server/);
  await page.chooseFiles("#choose", files[readable]);
  const [row] = await rows(page, 1);
  const { probability } = expected[readable].predictions[0];
  assert.ok(Math.abs(row.predictions[0].probability - probability) < 0.05, "the weights of the page alone are rounded");
  await page.click("Show where it looks");
  await page.waitFor(() => document.querySelector("#heat").width > 0 && document.querySelector("#heat").checkVisibility());
  assert.ok((await text(page, "#facts")).includes(expected[readable].predictions[0].class.replaceAll("_", " ")));
  await picture(page, "server");
  await page.choose("#choose", "poem.jpg", "The leaf is green.");
  const [, refused] = await rows(page, 2);
  assert.ok(refused.error && refused.code === "not-a-picture", JSON.stringify(refused));
  // The browser reports the refusal of the photo itself.
  assert.deepEqual(page.troubles.filter((trouble) => !/status of 415/.test(trouble)), []);
  const hosts = new Set(page.requests.map((request) => new URL(request).host));
  assert.deepEqual([...hosts], [new URL(address).host]);
  await page.close();
  server.kill("SIGTERM");
  assert.equal((await once(server, "exit"))[0], 0);
});
