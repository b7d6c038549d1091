// A run followed in a real browser: node crates/cli/tests/watch.mjs FOLIAR RUN [FOLDER FOR PICTURES]
//
// FOLIAR is the program, RUN a run that is done, such as that of `foliar demo`. Needs Node 18 and Chromium, which CHROMIUM names where
// it is not /usr/bin/chromium; without it the test is skipped.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";

import { Chromium } from "../../logs/doctor-web/tests/chromium.mjs";

const [program, run, pictures] = process.argv.slice(2);
const executable = process.env.CHROMIUM ?? "/usr/bin/chromium";
const skip = !existsSync(executable) && `there is no ${executable}`;
assert.ok(program && existsSync(program) && run && existsSync(join(run, "events.jsonl")), "give the program and a run");

const chromium = skip ? undefined : new Chromium(executable);
const folder = mkdtempSync(join(tmpdir(), "watch-"));
let child;
after(async () => {
  child?.kill("SIGKILL");
  await chromium?.close();
  rmSync(folder, { recursive: true, force: true });
});

test("a run goes on while it is watched", { skip }, async () => {
  cpSync(run, join(folder, "done"), { recursive: true });
  const live = join(folder, "live");
  mkdirSync(live);
  copyFileSync(join(run, "recipe.toml"), join(live, "recipe.toml"));
  const lines = readFileSync(join(run, "events.jsonl"), "utf8").split("\n").filter((line) => /"(start|epoch)"/.test(line));
  const log = join(live, "events.jsonl");
  writeFileSync(log, `${lines.slice(0, 3).join("\n")}\n`);
  child = spawn(resolve(program), ["watch", folder], { stdio: ["ignore", "pipe", "inherit"] });
  const [address] = await once(child.stdout, "data");

  const pages = [];
  for (const [width, colorScheme] of [[1400, "light"], [1400, "dark"], [400, "light"], [400, "dark"]]) {
    const page = await chromium.open(String(address).trim(), { offline: false, width, colorScheme });
    await page.waitFor(() => document.querySelectorAll(".run").length === 2 && document.querySelector("#curves").naturalWidth);
    const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
    assert.ok(content <= window, `${content} pixels in a window of ${window}`);
    assert.ok(await page.evaluate(() => [...document.querySelectorAll("img")].every((image) => image.alt)));
    if (pictures) writeFileSync(join(pictures, `watch-${width}-${colorScheme}.png`), await page.screenshot());
    pages.push(page);
  }
  const [page] = pages;
  const shows = (text) => page.waitFor((text) => document.querySelector("#runs").textContent.includes(text), text);
  await shows("Photos with the greatest loss");
  await shows("2 of 20");
  // An epoch that is being written is not there until it is whole.
  const before = await page.evaluate(() => document.querySelector("#curves").src);
  writeFileSync(log, lines[3].slice(0, 40), { flag: "a" });
  await new Promise((resolve) => setTimeout(resolve, 2000));
  await shows("2 of 20");
  writeFileSync(log, `${lines[3].slice(40)}\n`, { flag: "a" });
  await shows("3 of 20");
  await page.waitFor((before) => document.querySelector("#curves").src !== before, before);
  assert.deepEqual(pages.flatMap((page) => page.troubles), []);
  // The page says when the program has gone.
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
  await page.waitFor(() => !document.querySelector("#trouble").hidden);
});
