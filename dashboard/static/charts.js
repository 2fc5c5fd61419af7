// Draws every [data-chart] with Vega, under a policy without eval: parsed to a syntax tree and run by Vega's interpreter.
// Colours come from the stylesheet, so that charts follow dark mode. Texts of the data are only ever set as text.
"use strict";

const dark = matchMedia("(prefers-color-scheme: dark)");
const tip = document.createElement("div");
tip.className = "chart-tip";
tip.setAttribute("role", "status");
tip.hidden = true;
document.body.append(tip);
addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });

function theme() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const palette = [];
  while (colour(`--c${palette.length}`)) palette.push(colour(`--c${palette.length}`));
  const ink = colour("--ink");
  const surface = colour("--surface");
  const number = { fontSize: 15, fontWeight: 700 };
  return {
    background: null,
    font: getComputedStyle(document.body).fontFamily,
    view: { stroke: null },
    range: { category: palette },
    style: {
      number: { ...number, color: ink },
      halo: { ...number, color: surface, stroke: surface, strokeWidth: 4 },
      dot: { stroke: surface, strokeWidth: 0.5 },
    },
    axis: { labelColor: ink, gridColor: ink, gridOpacity: 0.12, domain: false, tickColor: ink, tickOpacity: 0.3 },
  };
}

function showTip(_handler, event, _item, value) {
  if (value) tell(Object.values(value), event.clientX, event.clientY);
  else tip.hidden = true;
}

// Words beside a place in the window.
function tell([label, words, visits], x, y) {
  const line = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
  tip.hidden = false;
  tip.replaceChildren(line("strong", label), line("span", words), line("span", visits));
  const room = 14;
  const left = Math.min(x + room, innerWidth - tip.offsetWidth - room);
  const above = y + room + tip.offsetHeight > innerHeight;
  tip.style.left = `${Math.max(room, left)}px`;
  tip.style.top = `${above ? y - tip.offsetHeight - room : y + room}px`;
}

// The dots of a map one by one, largest first, for who has no mouse.
function walk(place, spec, view) {
  const dots = spec.datasets[spec.layer[0].data.name];
  let at = -1;
  const show = () => {
    if (at < 0 || document.activeElement !== place) return;
    const { x, y, label, words, amount } = dots[at];
    const box = place.querySelector("canvas").getBoundingClientRect();
    const [left, top] = view().origin();
    tell([label, words, amount], box.left + left + view().scale("x")(x), box.top + top + view().scale("y")(y));
  };
  place.onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") {
      at = -1;
      tip.hidden = true;
    }
    if (!step || !dots.length) return;
    event.preventDefault();
    at = at < 0 ? 0 : (at + step + dots.length) % dots.length;
    show();
  };
  place.onblur = () => { tip.hidden = true; };
  addEventListener("scroll", show, { passive: true });
}

// The bundle is a megabyte to parse: it comes with the first chart that somebody scrolls to.
const bundle = document.currentScript.dataset.vega;
let loading = null;
function vega() {
  loading ??= new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: bundle, onload: resolve });
    script.onerror = () => reject(new Error(`${bundle} did not load`));
    document.head.append(script);
  });
  return loading;
}

async function draw(place) {
  await vega();
  const answer = await fetch(place.dataset.chart, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(`${place.dataset.chart} answered ${answer.status}`);
  const spec = await answer.json();
  let shown = null;
  const named = ["role", "aria-label"].map((name) => [name, place.getAttribute(name)]);
  const show = async () => {
    if (shown) shown.finalize();
    shown = await vegaEmbed(place, { ...spec, config: theme() }, {
      mode: "vega-lite", ast: true, actions: false, defaultStyle: false, renderer: "canvas", tooltip: showTip,
    });
    // Vega says "Vega visualization" over what the page says of it.
    for (const [name, value] of named) place.setAttribute(name, value);
    place.removeAttribute("aria-roledescription");
    place.dataset.drawn = "yes";
  };
  await show();
  if ("walk" in place.dataset) walk(place, spec, () => shown.view);
  dark.addEventListener("change", show);
}

const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    draw(target);
  }
}, { rootMargin: "200px" });
for (const place of document.querySelectorAll("[data-chart]")) seen.observe(place);
