// What HTML alone cannot: copy a place, open the editor, put the cursor into the query, at first and at "/".
(() => {
  if (window.gteSearch) return;
  window.gteSearch = true;  // the page runs this again whenever it is drawn anew; the listeners are still there

  const query = () => document.querySelector(".st-key-query input");
  const begin = () => {
    if (!query()) return false;  // its code is still being loaded
    if (document.activeElement === document.body) query().focus();
    return true;
  };
  const asked = new URLSearchParams(location.search).has("q");
  const phone = !matchMedia("(pointer: fine)").matches;  // where the keyboard would hide the page
  if (!asked && !phone && !begin()) {
    const watch = new MutationObserver(() => { if (begin()) watch.disconnect(); });
    watch.observe(document.body, { childList: true, subtree: true });
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("button[data-copy], button[data-editor]");
    if (!button) return;
    const editor = button.dataset.editor;
    if (editor) {
      if (editor.startsWith("vscode://file/")) window.location.assign(editor);
      return;
    }
    const before = button.textContent;
    let after = "Copied";
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      after = "Not allowed to copy";
    }
    button.textContent = after;
    setTimeout(() => { button.textContent = before; }, 1200);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
    if (!query()) return;
    event.preventDefault();
    query().focus();
    query().select();
  });
})();
