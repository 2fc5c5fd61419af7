// Draws every [data-chart] with Vega, under a policy without eval: parsed to a syntax tree and run by Vega's interpreter.
// Colours come from the stylesheet, so that charts follow dark mode. Texts of the data are only ever set as text.
"use strict";

const dark = matchMedia("(prefers-color-scheme: dark)");
const tip = document.createElement("div");
tip.className = "chart-tip";
tip.hidden = true;
document.body.append(tip);

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
  if (!value) {
    tip.hidden = true;
    return;
  }
  const line = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
  const [label, words, visits] = Object.values(value);
  tip.replaceChildren(line("strong", label), line("span", words), line("span", visits));
  tip.hidden = false;
  const room = 14;
  const left = Math.min(event.clientX + room, innerWidth - tip.offsetWidth - room);
  const above = event.clientY + room + tip.offsetHeight > innerHeight;
  tip.style.left = `${Math.max(room, left)}px`;
  tip.style.top = `${above ? event.clientY - tip.offsetHeight - room : event.clientY + room}px`;
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
  const show = async () => {
    if (shown) shown.finalize();
    shown = await vegaEmbed(place, { ...spec, config: theme() }, {
      mode: "vega-lite", ast: true, actions: false, defaultStyle: false, renderer: "canvas", tooltip: showTip,
    });
    place.dataset.drawn = "yes";
  };
  await show();
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
addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
