// <time datetime="…"> reads "5 min ago"; the exact time stays on hover. data-exact leaves one alone.
const UNITS = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];

function words(seconds) {
  const span = Math.abs(seconds);
  if (span < 2) return "now";
  const [unit, size] = UNITS.find(([, size]) => span >= size);
  const text = `${Math.floor(span / size)} ${unit}`;
  return seconds > 0 ? `${text} ago` : `in ${text}`;
}

export function showTimes(root = document) {
  for (const element of root.querySelectorAll("time[datetime]:not([data-exact])")) {
    const moment = Date.parse(element.dateTime);
    if (Number.isNaN(moment)) continue;
    element.dataset.full ??= element.textContent;
    element.title = `${element.dataset.full} (here: ${new Date(moment).toLocaleString()})`;
    const text = words((Date.now() - moment) / 1000);
    if (element.textContent !== text) element.textContent = text;
  }
}

showTimes();
setInterval(() => { if (!document.hidden) showTimes(); }, 10_000);
document.addEventListener("portal:replaced", (event) => showTimes(event.target));
