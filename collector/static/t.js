// Telpunt's snippet: counts pages, without knowing who looks at them.
//
//   <script defer src="https://count.example/t.js" data-site="KEY"></script>
//
// It keeps nothing in the browser and asks nothing of it: no cookie, no storage, no screen, fonts or agent. It sends what
// happens on the page to /api/event on the host that it came from (or to data-api), and is silent for who asks not to be
// counted: Global Privacy Control, Do Not Track, telpunt=off in the address, or telpunt.optOut = true set by the page.
// An error in here stays in here. It is served minified, at most 1,500 bytes gzipped: say more with less.
{
  const safe = (work) => (...given) => {
    try {
      return work(...given);
    } catch {}
  };
  const on = (target, work, ...types) => types.map((type) => target.addEventListener(type, safe(work), true));

  safe(() => {
    const { dataset, src } = document.currentScript;
    const { site, api = new URL("/api/event", src) } = dataset;
    const early = window.telpunt || {};
    if (early.on) return; // included twice

    // The page in view: how long it was visible and focused (ms), how deep it was seen (px), and the depth sent (%).
    let address, query, since, engaged, deepest, depth;

    const send = (kind, details) => {
      if (telpunt.optOut || navigator.globalPrivacyControl || navigator.doNotTrack == 1 || /telpunt=off/.test(location)) return;
      navigator.sendBeacon(api, JSON.stringify({ site, kind, url: address, ...details }));
    };

    // telpunt("name", {...}): what the page alone knows. The name of a kind of event is that kind, any other is custom.
    const telpunt = (window.telpunt = Object.assign(safe((name, details) => send("custom", { ...details, name })), early, { on: 1 }));

    const watch = () => {
      const now = Date.now();
      if (since) engaged += now - since;
      since = !document.hidden && document.hasFocus() && now;
      deepest = Math.max(deepest, scrollY + innerHeight);
    };
    const leave = () => {
      watch();
      const depth_pct = Math.min(100, (deepest / document.documentElement.scrollHeight) * 100) | 0;
      if (engaged > 999 || depth_pct > depth) {
        send("engagement", { engaged_ms: engaged, depth_pct });
        engaged = 0;
        depth = depth_pct;
      }
    };

    // The vacancy on the page, coarsely, from schema.org JobPosting; real pages get the capitals of its keys wrong.
    const text = (value) => ((value = [].concat(value)[0]), "" + (value?.name || value || ""));
    const days = (gap) => ["0-7", "8-30", "31-90", "90+"].find((bin) => gap >= 0 && !(gap / 864e5 > bin.split("-")[1]));
    const vacancy = () => {
      const found = {};
      let vacancies = 0;
      let city;
      for (const script of document.querySelectorAll("script[type*=ld]"))
        safe(JSON.parse)(script.text, (key, value) => {
          found[(key = key.toLowerCase())] = value;
          if (key == "joblocation") city = found.addresslocality; // whose parts were read just before
          vacancies += key == "@type" && /jobp/i.test(value);
          return value;
        });
      if (vacancies == 1) // more are a list
        return {
          family: text(found.occupationalcategory || found.industry),
          employment_type: text(found.employmenttype),
          remote: /tele/i.test(found.joblocationtype),
          location: text(city),
          posted: days(Date.now() - new Date(found.dateposted)),
          closes: days(new Date(found.validthrough) - Date.now()),
        };
    };

    // Site search, on the page that shows its results; data-telpunt-results="12" says how many.
    const search = () => {
      for (const [name, value] of new URLSearchParams(location.search))
        if (value && value != query && /^([qs]|term|query|(zoek|trefw|keyw|search|such|stichw).*)$/i.test(name)) {
          query = value;
          send("search", { query, results: +(document.querySelector("[data-telpunt-results]")?.dataset.telpuntResults || -1) });
        }
    };

    // A page is its path, or its route after "#/" or "#!": new parameters are a search at most.
    const page = (url) => url.replace(/\?[^#]*|#[^!/].*/g, "");
    const view = (referrer) => {
      address = location.href;
      engaged = deepest = depth = 0;
      watch();
      send("page_view", { referrer, job: vacancy() });
      search();
    };
    const moved = () => {
      if (page(address) == page(location.href)) return search();
      leave();
      view(address);
    };

    // Clicks: what the page declares, contact, download, applying, hand-off to an applicant tracking system, outbound.
    const act = (event) => {
      const element = event.target.closest("a,button,[data-telpunt]");
      const { host, pathname, protocol, dataset } = element;
      const start = protocol + "//" + host;
      const contact = /^(mail|tel)|wa\.me|whatsapp/.test(start);
      const apply = /^\W*((nu|direct|online|jetzt|hier) )*(apply(?! f)|sollicite|bewerb)/i.test(element.textContent);
      const kind = contact
        ? "contact"
        : /\.(pdf|zip|(doc|xls|ppt)x?)$/i.test(pathname)
          ? "download"
          : host && host != location.host && (apply ? "handoff" : "outbound");
      if (dataset.telpunt) return telpunt(dataset.telpunt);
      if (apply) send("apply_start");
      if (kind) send(kind, { target: contact ? start : start + pathname });
    };

    // A page that loads in the background or ahead of its time counts when it is shown.
    const start = () => {
      if (document.hidden) return;
      view(document.referrer);
      early.q?.forEach((given) => telpunt(...given));
      on(document, act, "click");
      on(window, leave, "pagehide");
      on(window, watch, "focus", "blur", "scroll");
      on(window, ({ persisted }) => persisted && view(address), "pageshow");
      window.navigation ? on(navigation, moved, "currententrychange") : setInterval(safe(moved), 500);
    };
    on(document, () => (address ? leave() : start()), "visibilitychange");
    start();
  })();
}
