// The page in a real browser: node crates/logs/doctor-web/tests/browser.mjs doctor.html [FOLDER FOR PICTURES]
//
// Needs `npm install playwright-core` and Chromium (CHROMIUM names it where it is not /usr/bin/chromium); without them it
// says so and passes.

import assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [path, pictures] = process.argv.slice(2);
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const { chromium } = await import("playwright-core").catch(() => ({}));
if (!chromium || !existsSync(executablePath)) {
  console.log(`skipped: ${chromium ? `no ${executablePath}` : "no playwright-core"}`);
  process.exit(0);
}
assert.ok(path && existsSync(path), "give the page that doctor-page wrote");

const EPOCHS = [
  [1, 118.2, 85.7, 73.9], [2, 65.9, 48.8, 86.0], [3, 40.5, 31.9, 92.6], [4, 25.8, 24.0, 94.7],
  [10, 8.8, 10.9, 97.2], [20, 3.9, 5.6, 98.4], [29, 2.4, 4.2, 98.7], [30, 2.2, 4.0, 98.8],
];
/** The question as people ask it: prose, and the epochs all on one line, as forms leave them. */
const QUESTION = `Hello, I am new to this. My network for leaf diseases has a training loss of more than a hundred at first. ${EPOCHS.map(
  ([epoch, train, val, accuracy]) => `Epoch ${epoch}/30 train loss: ${train} val loss: ${val} val accuracy: ${accuracy}%`,
).join(" ")} Why is the loss so large while nearly everything is right? Should I throw the model away?`;
const CSV = `epoch,train_loss,val_loss,train_acc,val_acc\n${[...Array(12).keys()]
  .map((epoch) => [epoch, 2.1 * 0.75 ** epoch + 0.1, 1.9 * 0.78 ** epoch + 0.15, 0.97 - 0.6 * 0.7 ** epoch, 0.95 - 0.55 * 0.72 ** epoch].join(","))
  .join("\n")}\n`;

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });

/** Opens the page without a network, hands it to `check` and watches for errors and requests. */
async function test(name, options, check) {
  const context = await browser.newContext({ offline: true, viewport: { width: 1400, height: 900 }, ...options });
  const page = await context.newPage();
  const troubles = [];
  let requests = 0;
  page.on("pageerror", (error) => troubles.push(error.message));
  page.on("console", (message) => message.type() === "error" && troubles.push(message.text()));
  page.on("request", () => (requests += 1));
  await page.goto(pathToFileURL(resolve(path)).href);
  await check(page);
  assert.deepEqual(troubles, [], name);
  assert.equal(requests, 1, `${name}: nothing but the page is loaded`);
  if (pictures) {
    await page.waitForTimeout(500);
    await page.screenshot({ path: join(pictures, `${name.replaceAll(/\W+/g, "-")}.png`), fullPage: true });
  }
  await context.close();
  console.log(`ok: ${name}`);
}

const diagnosed = (page) => page.locator("#answer .lead").waitFor();
const findings = (page) => page.locator("#answer .finding header code").allTextContents();

async function drop(page, name, content) {
  const transfer = await page.evaluateHandle(
    ([name, content]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([content], name));
      return transfer;
    },
    [name, content],
  );
  for (const kind of ["dragenter", "dragover", "drop"]) await page.dispatchEvent("#drop", kind, { dataTransfer: transfer });
}

async function assertFits(page) {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(content <= window, `${content} pixels in a window of ${window}`);
}

assert.ok(statSync(path).size < 1_000_000, "the page is below 1 MB");

for (const [width, colorScheme] of [[1400, "light"], [1400, "dark"], [400, "light"], [400, "dark"]]) {
  await test(`the question pasted, ${width} ${colorScheme}`, { viewport: { width, height: 900 }, colorScheme }, async (page) => {
    await page.getByLabel("Training log").fill(QUESTION);
    await page.getByText("What do you know about the run?").click();
    await page.getByLabel("Classes").fill("38");
    await page.getByRole("button", { name: "Diagnose" }).click();
    await diagnosed(page);
    const verdict = await page.locator("#answer .lead").textContent();
    assert.match(verdict, /good on this split \(98\.8 %/);
    const factor = Number(verdict.match(/about (\d+) times the mean/)?.[1]);
    assert.ok(factor >= 40 && factor <= 90, verdict);
    assert.equal((await findings(page))[0], "loss-scaled");
    assert.equal(await page.locator("#answer tbody tr").filter({ has: page.locator("td.mean") }).count(), EPOCHS.length);
    const shown = page.locator("#answer .loss svg:visible");
    assert.equal(await shown.count(), 1, "one of the four pictures is shown");
    for (const text of ["training, printed", "validation, mean", "ln C = 3.64: guessing"]) {
      assert.ok((await shown.textContent()).includes(text), text);
    }
    const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.equal(background, colorScheme === "dark" ? "rgb(11, 14, 18)" : "rgb(246, 247, 248)");
    await assertFits(page);
  });
}

await test("keys alone", {}, async (page) => {
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.id), "log");
  await page.keyboard.insertText(QUESTION);
  await page.keyboard.press("Control+Enter");
  await diagnosed(page);
  await page.waitForFunction(() => document.activeElement.id === "answer");
  assert.match(await page.getByRole("status").textContent(), /verdict/);
  const levels = await page.locator("h1, h2, h3").evaluateAll((headings) => headings.map((heading) => +heading.tagName[1]));
  assert.equal(levels[0], 1);
  assert.ok(levels.slice(1).every((level, index) => level - levels[index] <= 1), "no heading level is skipped");
});

await test("a CSV dragged in", {}, async (page) => {
  await drop(page, "metrics.csv", CSV);
  await diagnosed(page);
  assert.match(await page.locator("#chosen").textContent(), /metrics\.csv, 1 kB/);
  assert.deepEqual(await page.locator("#answer .finding.error").count(), 0);
  assert.equal(await page.locator("#answer table.numbers tbody tr").count(), 12);
  await page.getByRole("button", { name: "Back to the text" }).click();
  await page.getByLabel("Training log").fill(QUESTION);
  await page.getByRole("button", { name: "Diagnose" }).click();
  await page.getByText("good on this split").waitFor();
});

await test("a file chosen", {}, async (page) => {
  await page.locator("#file").setInputFiles({ name: "run.log", mimeType: "text/plain", buffer: Buffer.from(QUESTION) });
  await diagnosed(page);
  assert.equal((await findings(page))[0], "loss-scaled");
});

await test("a log that attacks", {}, async (page) => {
  const name = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
  await drop(page, `${name}.csv`, CSV.replace("train_acc", `"${name.replaceAll('"', '""')} train_acc"`));
  await diagnosed(page);
  assert.equal(await page.locator("#answer img, #answer script, #drop img").count(), 0);
  assert.notEqual(await page.title(), "owned");
});

await test("what is no log", {}, async (page) => {
  const alert = page.getByRole("alert");
  for (const content of ["", "Dear diary, nothing happened today.", "\u0000\u0001\u0002".repeat(5000)]) {
    await page.locator("#answer").evaluate((answer) => answer.replaceChildren());
    await drop(page, "thing.bin", content);
    await alert.waitFor();
    assert.match(await alert.textContent(), /epoch 1 train loss/, "an example of what would be read");
  }
});

await test("a log of 20 MB", {}, async (page) => {
  const lines = [...Array(300_000).keys()].map((step) => `step ${step} epoch ${(step / 3e4).toFixed(4)} loss ${(2.3 * 0.999 ** (step / 100) + 0.1).toFixed(5)} lr 0.001\n`);
  await page.locator("#file").setInputFiles({ name: "long.log", mimeType: "text/plain", buffer: Buffer.from(lines.join("")) });
  await diagnosed(page);
  assert.ok((await page.locator("#answer").innerHTML()).length < 2e6);
});

await test("on paper", { colorScheme: "dark" }, async (page) => {
  await page.getByRole("button", { name: "Try an example" }).click();
  await diagnosed(page);
  const paper = await page.pdf({ path: pictures && join(pictures, "paper.pdf"), printBackground: true });
  assert.ok(paper.length > 10_000);
});

await browser.close();
