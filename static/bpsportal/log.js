// The log viewer: a window opened at the end of a stream shows its last lines, and stays there while the stream grows
// unless somebody scrolled up.
const log = () => document.getElementById("log-text");
let atEnd = true;

function showEnd() {
  const text = log();
  if (text && "end" in text.dataset && atEnd) text.scrollTop = text.scrollHeight;
}

document.addEventListener("scroll", (event) => {
  const text = log();
  if (event.target === text) atEnd = text.scrollTop + text.clientHeight >= text.scrollHeight - 8;
}, true);
document.addEventListener("portal:replaced", showEnd);
showEnd();
