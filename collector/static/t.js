// Telpunt's snippet: counts pages, without knowing who looks at them.
//
//   <script defer src="https://count.example/t.js" data-site="KEY"></script>
//
// It keeps nothing in the browser and asks nothing of it: no cookie, no storage, no screen, fonts or agent. It sends what
// happens on the page to api/event beside the file it came from, and is silent for who asks not to be counted: Global Privacy
// Control, Do Not Track, or telpunt.optOut = true set by the page (telpunt=off in the address is heeded by the server).
// An error in here stays in here. It is served minified, at most 1,500 bytes gzipped, so what a link, a frame or a date means is
// decided by the server (collector/links.py), and it says "let" throughout: one word packs better than two.
{
  let safe = (work) => (...given) => {
    try {
      return work(...given);
    } catch {}
  };
  let on = (work, types) => types.split(" ").map((type) => addEventListener(type, safe(work), true));
  let all = (selector, work) => [...document.querySelectorAll(selector)].reverse().map(safe(work));

  safe(() => {
    let { dataset, src } = document.currentScript;
    let early = self.telpunt || {};
    if (early.on) return; // included twice

    // The page in view: how long it was visible and focused (ms), how deep it was seen (px).
    let address, query, since, engaged, deepest;

    // What happens at a time goes in one beacon, and so does all that is left when the page is hidden. What an application draws
    // after it has changed the address, a vacancy and the number of results, is read when the beacon goes: half a second later.
    let queue = [];
    let flush = () => {
      while (queue[0]) navigator.sendBeacon(src.replace(/[^/]*$/, "api/event"), JSON.stringify(queue.splice(0, 50)));
    };
    let send = (kind, details, wait) =>
      telpunt.optOut || navigator.globalPrivacyControl || navigator.doNotTrack == 1 ||
      setTimeout(safe(flush), wait, queue.push({ site: dataset.site, kind, url: address, ...details }));

    // telpunt("name", {...}): what the page alone knows. The name of a kind of event is that kind, any other is custom.
    let telpunt = (self.telpunt = Object.assign(safe((name, details) => send("custom", { ...details, name })), early, { on: 1 }));

    let watch = () => {
      let now = Date.now();
      if (since) engaged += now - since;
      since = document.hasFocus() && !document.hidden && now;
      deepest = Math.max(deepest, scrollY + innerHeight);
      all("iframe[src]", (frame) => (frame.telpunt ||= link(frame.src, "frame")));
    };
    let leave = () => {
      watch();
      if (engaged > 500) {
        send("engagement", { engaged_ms: engaged, depth_pct: Math.min(100, (deepest / document.body.scrollHeight) * 100) | 0 });
        engaged = 0;
      }
      flush();
    };

    // The vacancy on the page, coarsely, from schema.org JobPosting: JSON-LD, else microdata or RDFa. Real pages get the capitals
    // of its keys wrong. Parts are read before what holds them, so the town of a jobLocation was read just before.
    let vacancy = () => {
      let found = {};
      let vacancies = 0;
      let read = (key, value) => {
        found[(key = key.toLowerCase().split(":").pop())] = value;
        if (key == "joblocation") found.city = found.addresslocality;
        vacancies += key == "dateposted";
        return value;
      };
      all("script[type*=ld]", (script) => JSON.parse(script.text, read));
      if (!vacancies)
        all("[itemprop],[property]", ({ attributes: { itemprop, property = itemprop, content, datetime = content }, textContent }) =>
          read(property.value, datetime ? datetime.value : textContent),
        );
      if (vacancies == 1) // more are a list
        return {
          family: found.occupationalcategory || found.industry,
          employment_type: found.employmenttype,
          remote: !!found.joblocationtype,
          location: found.city,
          posted: found.dateposted,
        };
    };

    // Site search, on the page that shows its results: a moment after it was opened, with their number where the page says "12 vacatures" or "no results".
    let search = () =>
      new URLSearchParams(location.search).forEach(
        (value, name) =>
          value && value != query && /^[qs]$|query|search|such|zoek|keyw|tref/i.test(name) &&
          send("search", {
            query: (query = value),
            results: { toJSON: safe(() => /(\d+|no|geen|keine) (\S+ )?(vac|job|res|stel)/i.exec(document.body.innerText)[1] | 0) },
          }, 500),
      );

    // A page is its path, or its route after "#/" or "#!": new parameters are a search at most.
    let page = (url) => url.replace(/[?].*|#[\w-]*$/, "");
    let view = (referrer, wait) => {
      address = location.href;
      engaged = deepest = 0;
      send("page_view", { referrer, job: { toJSON: vacancy } }, wait);
      watch();
    };
    let moved = () => {
      watch();
      page(address) == page(location.href) ? search() : (leave(), view(address, 500));
    };

    // A link, form or frame that leads away, or to a file or an application form: host and path, no parameter, no person.
    let link = (url, name) =>
      (url.startsWith(location.origin + "/") && !/\.(pdf|doc|zip)|\/new$/.test(url)) ||
      send("outbound", { name, target: url.replace(/[?#].*|:[^\d/].*|\d{7}/g, "") });

    // A page that loads in the background or ahead of its time counts when it is shown.
    let start = () => {
      if (document.hidden) return;
      view(document.referrer);
      early.q?.map((given) => telpunt(...given));
      on(({ target, button }) => {
        let declared = target.closest("[data-telpunt]");
        let element = target.closest("a,button");
        if (button > 1) return;
        if (declared) telpunt(declared.dataset.telpunt);
        if (declared == element) return;
        if (/^\W*((nu|direct|jetzt) )?(apply(?! f)|sollicite|bewerb)/i.test(element.textContent)) send("apply_start");
        link(element.href);
      }, "click auxclick");
      on(({ target }) => link(target.action), "submit");
      on(({ target }) => {
        let name = target.currentTime * 2 > target.duration ? "half" : "start";
        target[name] ||= target.loop || send("video", { name });
      }, "play timeupdate");
      on(({ persisted }) => persisted && view(address), "pageshow");
      setInterval(safe(moved), 500);
      self.navigation?.addEventListener("currententrychange", safe(moved));
    };
    on(() => (address ? leave() : start()), "pagehide visibilitychange");
    start();
  })();
}
