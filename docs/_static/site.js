// What scrolls can be reached by keyboard, headings of the navigation have a level, and the lines of a signature are no list.
for (const box of document.querySelectorAll("pre, .table-wrapper")) {
  if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
}
for (const caption of document.querySelectorAll(".caption[role=heading]")) caption.setAttribute("aria-level", "2");
for (const line of document.querySelectorAll("dt.sig > dl, dt.sig > dl > dd")) line.setAttribute("role", "presentation");
