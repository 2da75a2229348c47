// Colours: the system's choice unless the reader chose light or dark; runs before the first paint.
(() => {
  const KEY = "bpsportal-theme";
  const NEXT = { system: "light", light: "dark", dark: "system" };
  const SIGN = { system: "◐", light: "☀", dark: "☾" };
  const read = () => {
    try { return localStorage.getItem(KEY) || "system"; } catch { return "system"; }
  };
  const apply = (theme) => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  };
  let theme = NEXT[read()] ? read() : "system";
  apply(theme);
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector("[data-theme-toggle]");
    if (!button) return;
    const show = () => {
      button.textContent = SIGN[theme];
      button.title = `Colours: ${theme}`;
      button.setAttribute("aria-label", `Colours: ${theme}. Switch to ${NEXT[theme]}.`);
    };
    button.addEventListener("click", () => {
      theme = NEXT[theme];
      try { localStorage.setItem(KEY, theme); } catch { /* private window: lasts for this page */ }
      apply(theme);
      show();
    });
    show();
  });
})();
