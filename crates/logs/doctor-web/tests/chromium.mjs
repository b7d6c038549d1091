// Pages in Chromium, spoken to in its own protocol over a pipe: needs Node 18 and no package.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ARGUMENTS = [
  "--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

/** A browser with an empty profile of its own. */
export class Chromium {
  #folder = mkdtempSync(join(tmpdir(), "chromium-"));
  #process;
  #last = 0;
  #waiting = new Map();
  #pages = new Map();

  /** Starts `executable`, with `more` arguments. */
  constructor(executable, more = []) {
    const profile = `--user-data-dir=${join(this.#folder, "profile")}`;
    const stdio = ["ignore", "ignore", "ignore", "pipe", "pipe"];
    this.#process = spawn(executable, [...ARGUMENTS, ...more, profile], { stdio });
    this.#process.on("exit", () => this.#waiting.forEach(({ reject }) => reject(new Error("Chromium ended"))));
    let rest = "";
    this.#process.stdio[4].setEncoding("utf8").on("data", (text) => {
      const messages = (rest + text).split("\0");
      rest = messages.pop();
      messages.forEach((message) => this.#take(JSON.parse(message)));
    });
  }

  #take({ id, sessionId, method, params, result, error }) {
    const page = this.#pages.get(sessionId);
    if (!id && method === "Target.attachedToTarget" && page) {
      this.#pages.set(params.sessionId, page);
      page.workers.push((method, parameters) => this.send(method, parameters, params.sessionId));
      for (const domain of ["Runtime", "Network"]) this.send(`${domain}.enable`, {}, params.sessionId).catch(() => {});
    }
    if (!id) return page?.notice(method, params);
    const { resolve, reject } = this.#waiting.get(id);
    this.#waiting.delete(id);
    return error ? reject(new Error(error.message)) : resolve(result);
  }

  send(method, params = {}, sessionId) {
    const id = ++this.#last;
    this.#process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  /**
   * Opens `address` in a context of its own; without a network, unless it is not `offline`. A script that runs `before` those of the
   * page lifts its policy.
   */
  async open(address, { width = 1400, height = 900, colorScheme = "light", touch = false, offline = true, before } = {}) {
    const context = await this.send("Target.createBrowserContext");
    const target = await this.send("Target.createTarget", { url: "about:blank", ...context });
    const { sessionId } = await this.send("Target.attachToTarget", { ...target, flatten: true });
    const page = new Page((method, params) => this.send(method, params, sessionId), this.#folder);
    this.#pages.set(sessionId, page);
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await page.send(`${domain}.enable`);
    await page.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: true });
    await page.setOffline(offline);
    if (before) {
      await page.send("Page.setBypassCSP", { enabled: true });
      await page.send("Page.addScriptToEvaluateOnNewDocument", { source: `(${before})()` });
    }
    if (touch) await page.send("Emulation.setTouchEmulationEnabled", { enabled: true });
    await page.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
    // Without motion, what is clicked stands still.
    const features = { "prefers-color-scheme": colorScheme, "prefers-reduced-motion": "reduce" };
    const media = Object.entries(features).map(([name, value]) => ({ name, value }));
    await page.send("Emulation.setEmulatedMedia", { features: media });
    await page.send("Emulation.setFocusEmulationEnabled", { enabled: true });
    await page.send("Page.navigate", { url: address });
    await page.waitFor((address) => location.href === address && document.readyState === "complete", address);
    page.close = () => this.send("Target.disposeBrowserContext", context);
    return page;
  }

  async close() {
    const ended = once(this.#process, "exit");
    await this.send("Browser.close").catch(() => {});
    await ended;
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What a reader would click: the button, summary or label with exactly this text, or what the label is for. */
function named(text) {
  const parts = [...document.querySelectorAll("button, summary, label")].filter(
    (part) => part.textContent.trim() === text && part.checkVisibility(),
  );
  if (parts.length !== 1) throw new Error(`${parts.length} are called "${text}"`);
  return parts[0].control ?? parts[0];
}

class Page {
  /** Errors of scripts, of the policy and on the console. */
  troubles = [];
  /** Addresses that were asked for, but for what the page holds itself. */
  requests = [];
  /** One function for each worker that sends it a message of the protocol. */
  workers = [];
  #folder;

  constructor(send, folder) {
    this.send = send;
    this.#folder = folder;
  }

  notice(method, params) {
    if (method === "Network.requestWillBeSent" && !/^(blob|data):/.test(params.request.url)) this.requests.push(params.request.url);
    if (method === "Runtime.exceptionThrown") this.troubles.push(params.exceptionDetails.exception.description);
    if (method === "Runtime.consoleAPICalled" && params.type === "error") this.troubles.push(JSON.stringify(params.args));
    if (method === "Log.entryAdded" && params.entry.level === "error") this.troubles.push(params.entry.text);
  }

  async #run(expression, returnByValue = true) {
    const done = await this.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue });
    if (done.exceptionDetails) throw new Error(done.exceptionDetails.exception.description);
    return done.result;
  }

  /** What `work` returns in the page; it knows its arguments and nothing else of this side. */
  async evaluate(work, ...values) {
    return (await this.#run(`(${work})(...${JSON.stringify(values)})`)).value;
  }

  setOffline(offline) {
    const conditions = { offline, latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
    return this.send("Network.emulateNetworkConditions", conditions);
  }

  /** Waits until `holds` is true in the page. */
  async waitFor(holds, ...values) {
    const end = Date.now() + 60_000;
    while (!(await this.evaluate(holds, ...values))) {
      if (Date.now() > end) throw new Error(`never came true: ${holds}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Clicks in the middle of what is called `text`, which must not be covered. */
  async click(text) {
    const expression = `(${(part) => {
      part.scrollIntoView({ block: "center", behavior: "instant" });
      const box = part.getBoundingClientRect();
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      if (!part.contains(document.elementFromPoint(x, y))) throw new Error(`"${part.textContent}" is covered`);
      return { x, y };
    }})((${named})(${JSON.stringify(text)}))`;
    const place = (await this.#run(expression)).value;
    for (const type of ["mousePressed", "mouseReleased"]) {
      await this.send("Input.dispatchMouseEvent", { type, ...place, button: "left", clickCount: 1 });
    }
  }

  /** Puts `value` into the field with the label `text`, in place of what is there. */
  async fill(text, value) {
    await this.#run(`{ const field = (${named})(${JSON.stringify(text)}); field.focus(); field.select(); }`);
    await this.insert(value);
  }

  /** Types `text` where the focus is. */
  insert(text) {
    return this.send("Input.insertText", { text });
  }

  /** Presses a key that writes nothing: `press("Enter", 13, 2)` is Ctrl and Enter. */
  async press(key, windowsVirtualKeyCode, modifiers = 0) {
    for (const type of ["rawKeyDown", "keyUp"]) {
      await this.send("Input.dispatchKeyEvent", { type, key, code: key, windowsVirtualKeyCode, modifiers });
    }
  }

  /** Chooses a file of this name and content in the field that `selector` finds. */
  choose(selector, name, content) {
    const path = join(this.#folder, name);
    writeFileSync(path, content);
    return this.chooseFiles(selector, path);
  }

  /** Chooses files in the field that `selector` finds. */
  async chooseFiles(selector, ...files) {
    const { objectId } = await this.#run(`document.querySelector(${JSON.stringify(selector)})`, false);
    await this.send("DOM.setFileInputFiles", { objectId, files });
  }

  /** The whole page as PNG. */
  async screenshot() {
    const { data } = await this.send("Page.captureScreenshot", { captureBeyondViewport: true });
    return Buffer.from(data, "base64");
  }

  /** The page on paper. */
  async pdf() {
    const { data } = await this.send("Page.printToPDF", { printBackground: true });
    return Buffer.from(data, "base64");
  }
}
