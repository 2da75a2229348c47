// Live parts: <section id="jobs" data-refresh="5" data-active> fetches its page again every 5 s and replaces itself,
// as long as the answer still has data-active and the tab is visible. Focus, scroll and open details survive.
const SLOWEST_S = 60;

function state(element) {
  const active = element.contains(document.activeElement) ? document.activeElement : null;
  return {
    focus: active && (active.id ? `#${CSS.escape(active.id)}` : active.getAttribute("href") && `[href="${CSS.escape(active.getAttribute("href"))}"]`),
    selection: active && "selectionStart" in active ? [active.value, active.selectionStart, active.selectionEnd] : null,
    open: [...element.querySelectorAll("details[open][id]")].map((details) => details.id),
    scrolls: [...element.querySelectorAll("[id]")].filter((e) => e.scrollTop || e.scrollLeft).map((e) => [e.id, e.scrollTop, e.scrollLeft]),
  };
}

function restore(element, kept) {
  for (const id of kept.open) element.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
  for (const [id, top, left] of kept.scrolls) document.getElementById(id)?.scrollTo({ top, left, behavior: "instant" });
  const target = kept.focus && element.querySelector(kept.focus);
  if (!target) return;
  target.focus({ preventScroll: true });
  if (kept.selection) {
    [target.value] = kept.selection;
    target.setSelectionRange?.(kept.selection[1], kept.selection[2]);
  }
}

function busy(element) {
  const selection = document.getSelection();
  return (selection && !selection.isCollapsed && element.contains(selection.anchorNode)) || element.querySelector("dialog[open]");
}

async function renew(element) {
  const answer = await fetch(element.dataset.refreshUrl || location.href, {
    headers: { "X-Fragment": element.id }, credentials: "same-origin", cache: "no-store",
  });
  if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(element.id);
  if (!fresh) throw new Error("the answer has no such part");
  const kept = state(element);
  element.replaceWith(fresh);
  restore(fresh, kept);
  fresh.dispatchEvent(new CustomEvent("portal:replaced", { bubbles: true }));
  return fresh;
}

function watch(element) {
  const base = Math.max(1, Number(element.dataset.refresh) || 5);
  let wait = base;
  const later = () => setTimeout(look, wait * 1000);
  const look = async () => {
    if (!element.isConnected || !("active" in element.dataset)) return;
    if (document.hidden || busy(element)) return later();
    try {
      element = await renew(element);
      wait = base;
    } catch {
      element.dataset.stale = "";
      wait = Math.min(SLOWEST_S, wait * 2);
    }
    later();
  };
  later();
}

for (const element of document.querySelectorAll("[data-refresh][id]")) watch(element);
