// What HTML alone cannot: copy a place, open the chosen editor, and the keyboard. Everything else works without it.
(() => {
  if (window.gteSearch) return;
  window.gteSearch = true;  // the page runs this again whenever it is drawn anew; the listeners are still there

  const query = () => document.querySelector(".st-key-query input");
  const begin = () => {
    if (!query()) return false;  // its code is still being loaded
    if (document.activeElement === document.body) query().focus();
    return true;
  };
  const asked = ["q", "like"].some((name) => new URLSearchParams(location.search).has(name));
  const phone = !matchMedia("(pointer: fine)").matches;  // where the keyboard would hide the page
  if (!asked && !phone && !begin()) {
    const watch = new MutationObserver(() => { if (begin()) watch.disconnect(); });
    watch.observe(document.body, { childList: true, subtree: true });
  }

  // -- the editor, remembered by the browser -------------------------------------------------------------------------
  const CHOSEN = "gte-search-editor";
  const LIKE_CODE = ["vscode", "vscode-insiders", "vscodium", "cursor", "windsurf"];
  const JETBRAINS = ["idea", "pycharm", "web-storm", "goland", "rd"];
  const chosen = () => {
    let name = null;
    try { name = localStorage.getItem(CHOSEN); } catch { /* the browser keeps nothing: the first it is */ }
    return LIKE_CODE.includes(name) || JETBRAINS.includes(name) ? name : LIKE_CODE[0];
  };
  const addressOf = (button) => {
    const { editor, jetbrains } = button.dataset;
    const name = chosen();
    if (JETBRAINS.includes(name)) {
      const start = "jetbrains://idea/";
      return jetbrains?.startsWith(start) ? `jetbrains://${name}/${jetbrains.slice(start.length)}` : null;
    }
    const start = "vscode://file/";
    return editor?.startsWith(start) ? `${name}://file/${editor.slice(start.length)}` : null;
  };
  const showChosen = (root) => {
    for (const select of root.querySelectorAll?.("select.gs-editor") ?? []) select.value = chosen();
  };
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) for (const node of addedNodes) showChosen(node);
  }).observe(document.body, { childList: true, subtree: true });
  showChosen(document);
  document.addEventListener("change", (event) => {
    if (!event.target.matches?.("select.gs-editor")) return;
    try { localStorage.setItem(CHOSEN, event.target.value); } catch { /* as above */ }
    showChosen(document);
  });

  // -- what buttons of a card do -------------------------------------------------------------------------------------
  const copy = async (button) => {
    const before = button.textContent;
    let after = "Copied";
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      after = "Not allowed to copy";
    }
    button.textContent = after;
    setTimeout(() => { button.textContent = before; }, 1200);
  };
  const open = (button) => {
    const address = addressOf(button);
    if (address) Object.assign(document.createElement("a"), { href: address }).click();
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button[data-copy], button[data-editor]");
    if (button?.dataset.editor) open(button);
    else if (button) copy(button);
  });

  // -- the keyboard --------------------------------------------------------------------------------------------------
  const cards = () => [...document.querySelectorAll("article.gs-card")];
  const current = () => document.activeElement?.closest?.("article.gs-card")
    ?? document.activeElement?.closest?.('[class*="st-key-hit-"]')?.querySelector("article.gs-card") ?? null;
  const move = (step) => {
    const all = cards();
    const at = all.indexOf(current());
    const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1);
    if (!all[next]) return false;
    all[next].focus({ preventScroll: true });
    all[next].scrollIntoView({ block: all[next].offsetHeight > innerHeight * 0.8 ? "start" : "nearest" });
    return true;
  };
  const KEYS = {
    "/": () => {
      if (!query()) return false;
      query().focus();
      query().select();
      return true;
    },
    "?": () => {
      const button = document.querySelector(".st-key-keys button");
      button?.click();
      return Boolean(button);
    },
    j: () => move(1),
    k: () => move(-1),
    y: () => {
      const button = current()?.querySelector("button[data-copy]");
      if (button) copy(button);
      return Boolean(button);
    },
    o: () => {
      const card = current();
      const button = card?.querySelector("button[data-editor]");
      const link = card?.querySelector("a.gs-act");
      if (button) open(button);
      else link?.click();
      return Boolean(button || link);
    },
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const within = document.activeElement;
    if (event.key === "Escape") {
      if (within === query() || current()) within.blur();
      return;
    }
    if (event.target.closest?.("input, textarea, select, [contenteditable], [role=dialog], [role=listbox]")) {
      if (event.key !== "?" || event.target.closest("input, textarea, select, [contenteditable]")) return;
    }
    const key = event.key === "Enter" && within?.matches("article.gs-card") ? "o" : event.key;
    if (Object.hasOwn(KEYS, key) && KEYS[key]()) event.preventDefault();
  });
})();
