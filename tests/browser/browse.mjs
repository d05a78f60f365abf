// Opens pages in a real Chromium as a reader would, prints them, and tells what it finds.
//
//   node browse.mjs < order.json > found.json
//
// The order: {"pages": {name: file}, "widths": [1280, 400], "to": folder}. For each page and width: what axe-core
// finds, which elements are wider than their place, and a photograph <to>/<name>-<width>.png. For each page:
// <to>/<name>.pdf as the browser prints it, and by sheet its lines of text from top to bottom, with the headings of the page.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import chromium from "@sparticuz/chromium";
import { getDocument } from "pdfjs-dist/legacy/build/pdf.mjs";
import puppeteer from "puppeteer-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const order = JSON.parse(readFileSync(0, "utf8"));
const browser = await puppeteer.launch({
  executablePath: await chromium.executablePath(),
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--lang=ja"],
  headless: "shell",
});

// What a reader cannot see: text beyond the page, beyond a cell, or beyond a box that scrolls where nobody knows.
function clipped() {
  const page = document.documentElement.clientWidth;
  const beyond = [];
  for (const one of document.querySelectorAll("body *")) {
    const style = getComputedStyle(one);
    const box = one.getBoundingClientRect();
    if (!box.width || one.closest("thead") && getComputedStyle(one.closest("thead")).clipPath !== "none" || one.closest("svg")) continue;
    const scrolls = one.closest("[data-scrolls]");
    const name = `${one.tagName.toLowerCase()}.${one.className} ${one.textContent.trim().slice(0, 24)}`;
    if (box.right > page + 1 && !scrolls) beyond.push(`beyond the page: ${name}`);
    if (one.scrollWidth > one.clientWidth + 1 && one.clientWidth && style.display !== "inline")
      beyond.push(`wider than its place: ${name}`);
  }
  return beyond;
}

// The lines of each sheet of a PDF, from top to bottom.
async function sheets(data) {
  const pdf = await getDocument({ data: new Uint8Array(data), useSystemFonts: true, verbosity: 0 }).promise;
  const told = [];
  for (let i = 1; i <= pdf.numPages; i++) {
    const { items } = await (await pdf.getPage(i)).getTextContent();
    const lines = new Map();
    for (const { str, transform } of items) {
      const y = Math.round(transform[5]);
      if (str.trim()) lines.set(y, (lines.get(y) ?? "") + str);
    }
    told.push([...lines].sort(([a], [b]) => b - a).map(([, text]) => text.replace(/\s/g, "").normalize("NFKC")));
  }
  return told;
}

const found = {};
for (const [name, file] of Object.entries(order.pages)) {
  const page = await browser.newPage();
  await page.setBypassCSP(true); // for axe-core alone; the pages themselves have no script
  found[name] = { widths: {} };
  for (const width of order.widths) {
    await page.setViewport({ width, height: 900 });
    await page.goto(pathToFileURL(file).href);
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
    found[name].widths[width] = {
      axe: violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(" ")}: ${n.failureSummary}`)),
      clipped: await page.evaluate(clipped),
    };
    await page.screenshot({ path: `${order.to}/${name}-${width}.png`, fullPage: true });
  }
  const path = `${order.to}/${name}.pdf`;
  const data = await page.pdf({ path, preferCSSPageSize: true, printBackground: true, tagged: true, outline: true });
  found[name].sheets = await sheets(data);
  found[name].headings = await page.evaluate(() =>
    [...document.querySelectorAll("h2, h3, caption, thead th")].map((h) => h.textContent.replace(/\s/g, "").normalize("NFKC")),
  );
  await page.close();
}
await browser.close();
console.log(JSON.stringify(found, null, 1));
