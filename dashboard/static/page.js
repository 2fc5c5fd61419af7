// What every page may use: copy buttons and the live check of the install page. Pages can be read without it.
"use strict";

for (const button of document.querySelectorAll("button[data-copy]")) {
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copy).textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without https there is no clipboard: mark the text, so that Ctrl+C copies it.
      getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
      return;
    }
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}

// On a phone the menu is a row that scrolls: begin where the open page stands.
const here = document.querySelector(".menu [aria-current]");
if (here) {
  const menu = here.closest(".menu");
  menu.scrollLeft = here.offsetLeft - (menu.clientWidth - here.offsetWidth) / 2;
}

const live = document.querySelector("[data-live]");
if (live) {
  let before = null;
  const look = async () => {
    const answer = await fetch(live.dataset.live, { credentials: "same-origin" }).catch(() => null);
    if (answer && answer.ok) {
      const now = await answer.json();
      if (before === null) {
        if (!now.accepted) live.textContent = live.dataset.waiting;
      } else {
        const changed = Object.keys(now).filter((reason) => !before[reason] || before[reason].mark !== now[reason].mark);
        const counted = changed.some((reason) => now[reason].accepted);
        if (counted || changed.length) {
          live.classList.toggle("live-yes", counted);
          live.classList.toggle("live-no", !counted);
          const reasons = changed.map((reason) => `${now[reason].title}. ${now[reason].advice}`).join(" ");
          live.textContent = counted ? live.dataset.counted : `${live.dataset.dropped} ${reasons}`;
        }
      }
      before = now;
    }
    setTimeout(look, 4000);
  };
  look();
}

// A part of the page that goes on by itself: fetched again every so many seconds while the page is looked at.
for (const part of document.querySelectorAll("[data-refresh][id]")) {
  setInterval(async () => {
    if (document.hidden || part.contains(document.activeElement)) return;
    const answer = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
    if (!answer || !answer.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
    if (fresh && fresh.innerHTML !== part.innerHTML) part.replaceChildren(...fresh.childNodes);
  }, 1000 * part.dataset.refresh);
}
