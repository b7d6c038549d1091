// Doubts judged by keyboard in a real browser: node crates/review/tests/browser.mjs FOLIAR PHOTOS [FOLDER FOR PICTURES]
//
// FOLIAR is the program, PHOTOS a folder of at least 200 photos in class folders, such as those of `foliar demo`. Needs Node 18 and
// Chromium, which CHROMIUM names where it is not /usr/bin/chromium; without it the tests are skipped.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";

import { Chromium } from "../../logs/doctor-web/tests/chromium.mjs";

const [program, photos, pictures] = process.argv.slice(2);
const executable = process.env.CHROMIUM ?? "/usr/bin/chromium";
const skip = !existsSync(executable) && `there is no ${executable}`;
assert.ok(program && existsSync(program) && photos && existsSync(photos), "give the program and a folder of photos");

/** Doubts that are judged. */
const DOUBTS = 200;
const KEYS = { k: 75, r: 82, x: 88, s: 83, u: 85, w: 87, 1: 49, "?": 191, ArrowLeft: 37, ArrowRight: 39, Enter: 13, Escape: 27 };

const chromium = skip ? undefined : new Chromium(executable);
const folder = mkdtempSync(join(tmpdir(), "review-"));
const running = new Set();
after(async () => {
  running.forEach((child) => child.kill("SIGKILL"));
  await chromium?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** As many photos as doubts, each once more in the class after its own: copies with two labels. */
function doubtful() {
  const place = join(folder, "photos");
  const classes = readdirSync(photos).sort();
  classes.forEach((name) => mkdirSync(join(place, name), { recursive: true }));
  let made = 0;
  classes.forEach((name, number) => {
    const files = readdirSync(join(photos, name)).filter((file) => /\.jpe?g$/.test(file)).sort();
    for (const file of files.slice(0, DOUBTS / classes.length)) {
      const other = `z${++made}-<b>&copy.jpg`;
      copyFileSync(join(photos, name, file), join(place, name, file));
      copyFileSync(join(photos, name, file), join(place, classes[(number + 1) % classes.length], other));
    }
  });
  assert.ok(made >= DOUBTS, `${made} photos are too few`);
  const audit = join(folder, "audit");
  const done = spawnSync(resolve(program), ["audit", place, "--out", audit], { encoding: "utf8" });
  assert.ok([0, 3].includes(done.status), done.stderr);
  return audit;
}

async function start(audit) {
  const child = spawn(resolve(program), ["review", audit], { stdio: ["ignore", "pipe", "inherit"] });
  running.add(child);
  let text = "";
  for await (const part of child.stdout) {
    text += part;
    if (text.includes("\n")) break;
  }
  return { child, address: text.trim() };
}

async function end({ child }, signal) {
  const ended = once(child, "exit");
  child.kill(signal);
  running.delete(child);
  return (await ended)[0];
}

const press = (page, key) => page.press(key, KEYS[key]);
const text = (page, selector) => page.evaluate((selector) => document.querySelector(selector).textContent, selector);
const judged = async (page) => Number((await text(page, "#count")).split(" ")[0]);
const lines = (audit) => readFileSync(join(audit, "review.csv"), "utf8").trimEnd().split("\n").slice(1);
const open = async (address, options) => {
  const page = await chromium.open(address, { offline: false, ...options });
  await page.waitFor(() => document.querySelector("#kind").options.length > 0);
  return page;
};

/** Presses a key, and waits until so many are judged. */
async function judge(page, key, count) {
  await press(page, key);
  await page.waitFor((count) => document.querySelector("#count").textContent.startsWith(`${count} of`), count);
}

test("200 doubts, killed in the middle", { skip }, async () => {
  const audit = doubtful();
  let server = await start(audit);
  let page = await open(server.address);
  const all = Number((await text(page, "#count")).match(/of (\d+)/)[1]);
  assert.equal(all, DOUBTS);
  assert.equal(await page.evaluate(() => document.querySelectorAll("#reasons b").length), 0, "names are text");
  for (let count = 1; count <= 100; count++) await judge(page, "kx1"[count % 3], count);
  assert.equal(lines(audit).length, 100);

  // Undo, and later: neither is lost.
  await judge(page, "u", 99);
  await judge(page, "k", 100);
  await press(page, "s");
  await page.waitFor(() => document.querySelector("#count").textContent.includes("1 for later"));

  // Keys are on their way when the server is killed: what was answered is there, and the page says that the rest is not.
  for (const key of "kkkkkk") await press(page, key);
  await end(server, "SIGKILL");
  await press(page, "k");
  await page.waitFor(() => !document.querySelector("#trouble").hidden);
  assert.match(await text(page, "#trouble"), /has ended/);
  const answered = await judged(page);
  await page.close();
  const standing = lines(audit).filter((line) => /,(keep|relabel|leave-out),/.test(line));
  assert.ok(standing.length - 1 >= answered, `${standing.length} lines, ${answered} answered`);
  // And in the middle of a line.
  writeFileSync(join(audit, "review.csv"), "healthy/cut", { flag: "a" });

  server = await start(audit);
  page = await open(server.address);
  let count = await judged(page);
  assert.ok(count >= answered && count <= answered + 7, `${count} after, ${answered} before`);
  for (; count < DOUBTS - 1; ) await judge(page, "kx"[count % 2], ++count);

  // What was left for later comes last, when it is asked for: by the name of a class, typed.
  assert.match(await text(page, "#end-heading"), /for later/);
  await page.click("Go through what was left for later");
  await page.waitFor(() => !document.querySelector("#question").hidden);
  const name = await page.evaluate(() => document.querySelector("#caption strong").textContent);
  await press(page, "r");
  await page.waitFor(() => document.querySelector("#classes").open);
  const other = ["healthy", "rust_pustules"].find((other) => other !== name);
  await page.insert(other.slice(0, 4));
  await press(page, "Enter");
  await page.waitFor((count) => document.querySelector("#count").textContent.startsWith(`${count} of`), DOUBTS);
  const last = lines(audit).at(-1);
  assert.ok(last.includes(`,relabel,${other},`), last);
  assert.ok(new Set(lines(audit).map((line) => line.split(/,[0-9a-f]{64},/)[0])).size >= DOUBTS);
  assert.deepEqual(page.troubles, []);
  assert.equal(await end(server, "SIGINT"), 0);
  await page.close();
});

for (const [width, colorScheme] of [[1400, "light"], [1400, "dark"], [400, "light"], [400, "dark"]]) {
  test(`how it looks, ${width} ${colorScheme}`, { skip }, async () => {
    const audit = join(folder, "audit");
    rmSync(join(audit, "review.csv"), { force: true });
    const server = await start(audit);
    const page = await open(server.address, { width, colorScheme });
    await page.waitFor(() => [...document.querySelectorAll("#photo, #copies img")].every((image) => image.complete && image.naturalWidth));
    const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
    assert.ok(content <= window, `${content} pixels in a window of ${window}`);
    const picture = async (name) => pictures && writeFileSync(join(pictures, `review-${width}-${colorScheme}-${name}.png`), await page.screenshot());
    await picture("question");
    // For a screen reader: one heading of each question, which has the focus, and the keys on buttons.
    assert.equal(await page.evaluate(() => document.activeElement.id), "heading");
    assert.ok(await page.evaluate(() => [...document.querySelectorAll("img")].every((image) => image.alt)));
    // The copy is judged in the place of the photo, and the photo again.
    const judgedNow = () => page.evaluate(() => document.querySelector("#caption").textContent);
    const first = await judgedNow();
    await press(page, "w");
    await page.waitFor(() => document.querySelector(".is-copy"));
    assert.notEqual(await judgedNow(), first);
    await press(page, "w");
    await page.waitFor(() => !document.querySelector(".is-copy"));
    assert.equal(await judgedNow(), first);
    await press(page, "?");
    await picture("help");
    await press(page, "Escape");
    await press(page, "r");
    await page.waitFor(() => document.querySelector("#classes").open);
    await picture("classes");
    await press(page, "Escape");
    await judge(page, "x", 1);
    await press(page, "ArrowLeft");
    await page.waitFor(() => document.querySelector("#stands").textContent === "left out");
    await picture("judged");
    await page.evaluate(() => { const kind = document.querySelector("#kind"); kind.value = "copy"; kind.dispatchEvent(new Event("change")); });
    const left = (await text(page, "#count")).match(/of (\d+)/)[1] - 1;
    await page.waitFor(() => document.querySelector("#heading").textContent.startsWith("2 of"));
    if (colorScheme === "light") {
      for (let done = 0; done < left; done++) await press(page, "s");
      await page.waitFor(() => !document.querySelector("#end").hidden);
      await picture("end");
    }
    assert.deepEqual(page.troubles, []);
    await end(server, "SIGKILL");
    await page.close();
  });
}
