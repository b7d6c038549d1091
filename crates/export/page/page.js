const part = (id) => document.getElementById(id);
const languages = JSON.parse(part("languages").textContent);
/** What is known of the classifier. */
let about = JSON.parse(part("description").textContent);
/** Bars that are shown before all are asked for. */
const FEW = 5;
/** Side of the small pictures, in pixels. */
const SMALL = 128;
/** Photos whose picture and heat map stay in memory; of the others they are made anew. */
const KEPT = 12;
/** Most pixels that the browser decodes for the engine. */
const MOST_PIXELS = 16e6;

/** What the browser keeps for the next visit, where it keeps anything. */
const kept = {
  get(key) {
    try {
      return localStorage.getItem(`foliar-${key}`);
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      localStorage.setItem(`foliar-${key}`, value);
    } catch {
      // A page that may not keep anything works all the same.
    }
  },
};

// Words and numbers.

let language = [kept.get("language"), ...(navigator.languages ?? []).map((tag) => tag.split("-")[0]), "en"].find((tag) => tag in languages);

function t(key, values = {}) {
  return languages[language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

const number = (value, digits = 0) => new Intl.NumberFormat(language, { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value);

/** A probability; one that rounds to certainty is none. */
function share(value) {
  const percent = (value) => new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1, minimumFractionDigits: 1 }).format(value);
  if (value < 1 && value >= 0.9995) return `> ${percent(0.999)}`;
  if (value > 0 && value < 0.0005) return `< ${percent(0.001)}`;
  return percent(value);
}

/** Names of classes as people write them, unless two would be the same. */
function label(name) {
  const plain = (name) => name.replace(/_+/g, " ").trim() || name;
  return about.classes.filter((other) => plain(other) === plain(name)).length > 1 ? name : plain(name);
}

const list = (names) => names.map(label).join(", ");

const engine = new Engine();

/** A photo of this session and what was said of it. */
class Photo {
  time = new Date();
  #pixels = null;

  constructor(file) {
    this.file = file;
    this.name = file.name || "photo";
  }

  /** What the engine takes. */
  async input() {
    return this.#pixels ?? { bytes: await this.file.arrayBuffer() };
  }

  /** Lets the browser decode it; whether it could. */
  async decodeByBrowser() {
    try {
      const picture = await createImageBitmap(this.file, { imageOrientation: "from-image" });
      const scale = Math.min(1, Math.sqrt(MOST_PIXELS / (picture.width * picture.height)));
      const canvas = document.createElement("canvas");
      canvas.width = Math.max(1, Math.round(picture.width * scale));
      canvas.height = Math.max(1, Math.round(picture.height * scale));
      const context = canvas.getContext("2d");
      context.drawImage(picture, 0, 0, canvas.width, canvas.height);
      const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
      this.#pixels = { bytes: data.buffer, width, height };
    } catch {
      return false;
    }
    return true;
  }

  /** `answered`, `unknown` or `failed`. */
  get kind() {
    if (this.row.error) return "failed";
    return this.row.answer === null ? "unknown" : "answered";
  }

  get answer() {
    return { failed: () => t("no_answer"), unknown: () => t("unknown"), answered: () => label(this.row.answer) }[this.kind]();
  }

  /** Of the answer, where there is one. */
  get probability() {
    return this.kind === "answered" ? this.row.predictions[0].probability : undefined;
  }

  get why() {
    if (this.kind === "unknown") return t(this.row.reason);
    if (this.kind === "answered") return "";
    const words = {
      "not-a-picture": "not_photo", unsupported: "format", "too-large": "large", "too-many-pixels": "large", "too-much-memory": "large", failed: "failed",
      network: "failed",
    };
    return t(words[this.code] ?? "damaged");
  }

  get set() {
    const { set, reason } = this.row;
    return set?.length > 1 && reason !== "out-of-distribution" ? t("set", { classes: list(set) }) : "";
  }

  get remarks() {
    const remarks = [];
    if (this.learned) remarks.push(t("learned"));
    if (this.byBrowser) remarks.push(t("by_browser"));
    if (this.row.remarks?.length) remarks.push(t("remark", { codes: this.row.remarks.join(", ") }));
    return remarks;
  }
}

const photos = [];
let shown = null;
let asked = 0;
let done = 0;
let queue = Promise.resolve();

/** Classifies files, one after the other. */
function take(files) {
  for (const file of files) {
    asked += 1;
    queue = queue.then(() => classify(new Photo(file)));
  }
}

async function classify(photo) {
  say(t("working", { number: number(done + 1), count: number(asked) }));
  try {
    await ready;
    Object.assign(photo, await engine.predict(photo));
  } catch (error) {
    Object.assign(photo, { row: { path: photo.name, error: String(error.message ?? error) }, code: started ? "damaged" : "failed" });
  }
  done += 1;
  if (done === asked) done = asked = 0;
  photos.unshift(photo);
  for (const old of photos.slice(KEPT)) old.picture = old.heat = undefined;
  show(photo);
  if (asked) say(t("working", { number: number(done + 1), count: number(asked) }));
  else say([photo.answer, photo.probability && share(photo.probability), photo.why, photo.set, ...photo.remarks].filter(Boolean).join(". ").replace(/\.\./g, "."), true);
}

/** Tells what is going on. What stands on the page already is for those alone who do not see it. */
function say(words, isShown = false) {
  part("status").textContent = words;
  part("status").classList.toggle("beyond", isShown);
}

// The page.

/** An element with a text. */
function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

/** The same with a text of the program, which is in English; nothing for none. */
function inEnglish(name, text) {
  if (!text) return undefined;
  const made = element(name, text);
  made.lang = "en";
  return made;
}

function draw(canvas, picture) {
  canvas.width = picture.width;
  canvas.height = picture.height;
  const context = canvas.getContext("2d");
  if (picture instanceof ImageData) context.putImageData(picture, 0, 0);
  else context.drawImage(picture, 0, 0);
}

let address = null;
let isLooking = false;
let showsAll = false;

function show(photo) {
  shown = photo;
  isLooking = false;
  showsAll = false;
  part("start").hidden = true;
  if (address) URL.revokeObjectURL(address);
  address = URL.createObjectURL(photo.file);
  const image = part("photo");
  image.hidden = false;
  part("picture").hidden = true;
  // Where the browser cannot show the file, the picture of the engine can be seen.
  image.onerror = async () => {
    image.hidden = true;
    if (!photo.picture && photo.kind !== "failed") photo.picture = (await engine.predict(photo)).picture;
    if (shown !== photo || !photo.picture) return;
    draw(part("picture"), photo.picture);
    part("picture").hidden = false;
  };
  image.src = address;
  renderResult();
  renderHistory();
  part("result").scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}

function renderResult() {
  part("result").hidden = !shown;
  if (!shown) return;
  const { row, kind } = shown;
  part("result").className = `card ${kind}`;
  part("answer").textContent = shown.answer;
  part("sure").textContent = shown.probability === undefined ? "" : t("probability", { share: share(shown.probability) });
  part("why").textContent = shown.why;
  part("why").hidden = !shown.why;
  part("set").textContent = shown.set;
  part("remarks").replaceChildren(...shown.remarks.map((words) => element("li", words)));
  if (kind === "failed") part("remarks").append(inEnglish("li", row.error) ?? "");
  part("caption").textContent = shown.name;
  part("photo").alt = shown.name;
  part("table").hidden = kind === "failed";
  if (kind !== "failed") {
    part("bars-title").textContent = t(row.reason === "out-of-distribution" ? "closest" : "probabilities");
    const rows = showsAll ? row.predictions : row.predictions.slice(0, FEW);
    part("bars").replaceChildren(...rows.map(bar));
    part("all").hidden = row.predictions.length <= FEW;
    part("all").textContent = showsAll ? t("fewer") : t("all", { count: number(row.predictions.length) });
    part("all").setAttribute("aria-expanded", showsAll);
    part("look-note").textContent = t("look_note", { class: label(row.predictions[0].class) });
  }
  renderLook();
}

function bar({ class: name, probability }) {
  const line = element("li");
  const length = element("span", undefined, "bar");
  length.style.setProperty("--share", `${100 * probability}%`);
  line.append(element("span", label(name)), element("span", share(probability), "share"), length);
  return line;
}

function renderLook() {
  part("look").setAttribute("aria-pressed", isLooking);
  for (const id of ["heat", "legend", "look-note"]) part(id).hidden = !isLooking;
}

async function look() {
  const photo = shown;
  isLooking = !isLooking;
  if (isLooking && !photo.heat) {
    part("look").disabled = true;
    try {
      photo.heat = await engine.explain(photo, photo.row.predictions[0].class);
    } catch (error) {
      isLooking = false;
      say(`${t("failed")} (${error.message})`);
    }
    part("look").disabled = false;
  }
  if (shown !== photo) return;
  if (isLooking) draw(part("heat"), photo.heat);
  renderLook();
}

function renderHistory() {
  part("history").hidden = photos.length === 0;
  part("entries").replaceChildren(
    ...photos.map((photo) => {
      const line = element("li");
      const button = element("button");
      button.type = "button";
      button.setAttribute("aria-current", photo === shown);
      const what = element("span", photo.answer, `what ${photo.kind}`);
      const time = new Intl.DateTimeFormat(language, { timeStyle: "short" }).format(photo.time);
      what.append(element("span", `${time}, ${photo.name}`, "when"));
      const probability = photo.row.predictions?.[0].probability;
      button.append(small(photo), what, element("span", photo.kind === "answered" ? share(probability) : "", "share"));
      button.addEventListener("click", () => {
        show(photo);
        part("answer").focus({ preventScroll: true });
      });
      line.append(button);
      return line;
    }),
  );
}

/** The middle of a photo, small. */
function small(photo) {
  if (photo.small) return photo.small;
  const canvas = element("canvas");
  canvas.width = canvas.height = SMALL;
  canvas.setAttribute("aria-hidden", "true");
  if (photo.picture) {
    const whole = element("canvas");
    draw(whole, photo.picture);
    const side = Math.min(whole.width, whole.height);
    canvas.getContext("2d").drawImage(whole, (whole.width - side) / 2, (whole.height - side) / 2, side, side, 0, 0, SMALL, SMALL);
  }
  photo.small = canvas;
  return canvas;
}

/** What is known of the classifier. */
function renderAbout() {
  part("about").hidden = about.classes.length === 0;
  part("tells").textContent = about.classes.length > 0 && about.classes.length <= 12 ? t("tells", { classes: list(about.classes) }) : "";
  const chips = element("dd", undefined, "chips");
  chips.append(...about.classes.map((name) => element("span", label(name))));
  const { figures, uncertainty } = about;
  const quality = element("dd");
  if (figures) {
    const [value, low, high] = [figures.accuracy.value, figures.accuracy.low, figures.accuracy.high].map((value) => number(100 * value, 0));
    quality.append(element("p", t("accuracy", { value, low, high })));
    const measured = { folds: number(about.folds ?? 0), photos: number(figures.photographs), groups: number(figures.groups) };
    quality.append(element("p", t(about.folds ? "judged_folds" : "judged_validation", measured), "small"));
  } else {
    quality.append(element("p", t("no_figures")));
  }
  const abstains = element("dd");
  if (uncertainty) {
    abstains.append(element("p", `${t("aim", { share: share(uncertainty.risk).replace(/[.,]0(?=\D*$)/, "") })} ${t(about.proven ? "proven" : "not_proven")}`));
    if (!about.detector) abstains.append(element("p", t("no_detector")));
  } else {
    abstains.append(element("p", t("never_abstains")));
  }
  const program = element("dd");
  program.append(element("p", `foliar ${about.foliar}, ${about.network}`), element("p", `BLAKE3 ${about.bundle_blake3}`, "small"));
  const facts = [
    ["classes", chips],
    ["learned_from", element("dd", t("photos", { count: number(about.train_photographs) }))],
    ["quality", quality],
    ["abstains", abstains],
    ["licence", inEnglish("dd", about.licence) ?? element("dd", t("licence_unknown"))],
    ["program", program],
  ];
  part("facts").replaceChildren(...facts.flatMap(([key, value]) => [element("dt", t(key)), value]));
}

function render() {
  document.documentElement.lang = language;
  document.title = t("title");
  part("intro").dataset.text = engine.intro;
  for (const place of document.querySelectorAll("[data-text]")) place.textContent = t(place.dataset.text);
  for (const place of document.querySelectorAll("[data-label]")) place.setAttribute("aria-label", t(place.dataset.label));
  renderAbout();
  renderResult();
  renderHistory();
}

// The history as a table: the columns of `foliar predict --format csv --all`, and the time.

/** A cell that no program takes for a formula. */
function cell(value) {
  const text = String(value ?? "");
  const isFormula = /^'*[=+\-@\t\r]/.test(text) && !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text);
  const defused = isFormula ? `'${text}` : text;
  return /[",\r\n]/.test(defused) ? `"${defused.replaceAll('"', '""')}"` : defused;
}

function csv() {
  const header = ["path", "class", "probability", "abstained", "reason", "set", "distance", ...about.classes.map((name) => `p:${name}`), "error", "time"];
  const rows = [...photos].reverse().map(({ row, probability, time }) => {
    const of = new Map((row.predictions ?? []).map((prediction) => [prediction.class, prediction.probability.toFixed(6)]));
    return [
      row.path, row.answer, probability?.toFixed(6), row.abstained, row.reason, row.set?.join("|"), row.distance?.toFixed(4),
      ...about.classes.map((name) => of.get(name)), row.error, time.toISOString(),
    ];
  });
  return [header, ...rows].map((row) => `${row.map(cell).join(",")}\n`).join("");
}

function save() {
  const link = element("a");
  link.href = URL.createObjectURL(new Blob([csv()], { type: "text/csv" }));
  link.download = `leaf-photos-${new Date().toISOString().slice(0, 10)}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// The camera of a computer; telephones have their own, behind "Take a photo".

let stream = null;

async function openCamera() {
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1440 } } });
  } catch {
    say(t("no_camera"));
    return;
  }
  part("video").srcObject = stream;
  part("camera").showModal();
}

async function shoot() {
  const video = part("video");
  if (!video.videoWidth) return;
  const canvas = element("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.95));
  part("camera").close();
  if (blob) take([new File([blob], `camera-${new Date().toISOString().replace(/\D/g, "").slice(0, 14)}.jpg`, { type: "image/jpeg" })]);
}

// What readers do.

const wantsDark = matchMedia("(prefers-color-scheme: dark)");
const setTheme = (theme) => (document.documentElement.dataset.theme = theme ?? (wantsDark.matches ? "dark" : "light"));
setTheme(kept.get("theme"));
wantsDark.addEventListener("change", () => setTheme(kept.get("theme")));
part("theme").addEventListener("click", () => {
  const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  kept.set("theme", theme);
  setTheme(theme);
});

for (const [tag, { name }] of Object.entries(languages)) {
  const option = element("option", name);
  option.value = option.lang = tag;
  option.selected = tag === language;
  part("language").append(option);
}
part("language").addEventListener("change", ({ target }) => {
  language = target.value;
  kept.set("language", language);
  say("");
  render();
});

for (const id of ["take", "choose"]) {
  part(id).addEventListener("change", ({ target }) => {
    take([...target.files]);
    target.value = "";
  });
}
if (!matchMedia("(pointer: coarse)").matches && navigator.mediaDevices?.getUserMedia) {
  part("live").hidden = false;
  part("take").hidden = part("take").nextElementSibling.hidden = true;
}
part("live").addEventListener("click", openCamera);
part("shoot").addEventListener("click", shoot);
part("close").addEventListener("click", () => part("camera").close());
part("camera").addEventListener("close", () => {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
});
part("look").addEventListener("click", look);
part("all").addEventListener("click", () => {
  showsAll = !showsAll;
  renderResult();
});
part("save").addEventListener("click", save);
part("clear").addEventListener("click", () => {
  photos.length = 0;
  shown = null;
  renderResult();
  renderHistory();
  part("start").hidden = false;
  say(t("cleared"));
});

const carriesFile = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
let inside = 0;
document.addEventListener("dragenter", (event) => {
  if (carriesFile(event)) document.body.classList.toggle("over", ++inside > 0);
});
document.addEventListener("dragleave", (event) => {
  if (carriesFile(event)) document.body.classList.toggle("over", --inside > 0);
});
document.addEventListener("dragover", (event) => {
  if (carriesFile(event)) event.preventDefault();
});
document.addEventListener("drop", (event) => {
  inside = 0;
  document.body.classList.remove("over");
  if (!carriesFile(event)) return;
  event.preventDefault();
  take([...event.dataTransfer.files]);
});
document.addEventListener("paste", (event) => take([...(event.clipboardData?.files ?? [])]));

render();

let started = false;
const ready = new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve, { once: true })).then(() => engine.start());
say(t("starting"));
ready.then(
  (told) => {
    started = true;
    if (told) {
      about = told;
      render();
    }
    if (!asked) say(t("ready"));
  },
  (error) => {
    say(`${t("not_started")} (${error.message})`);
  },
);

if (document.querySelector("link[rel=manifest]") && isSecureContext && navigator.serviceWorker) {
  navigator.serviceWorker.register("sw.js").catch(() => {});
}
