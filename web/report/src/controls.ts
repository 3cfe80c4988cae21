/** Controls: buttons and a field with which a scan is reviewed. */

import type { Scan } from "./data";
import { button, element } from "../../shared/dom";
import { DECISIONS, type Decision, type Mark, type Marks } from "./marks";

const LABELS: Record<Decision, string> = { accept: "Accept", edit: "Review", reject: "Reject" };
const TITLES: Record<Decision, string> = { accept: "Key A", edit: "Key E: look again or edit before use", reject: "Key R" };
const RATINGS = [1, 2, 3, 4, 5];
const MEANINGS = ["useless", "poor", "usable", "good", "perfect"];

/** Makes the controls of a scan; `refresh` shows the present mark in them. */
export function reviewControls(scan: Scan, marks: Marks): HTMLElement {
  const made = element(
    "div", { class: "controls" },
    decisionButtons(scan, marks), ratingButtons(scan, marks), commentField(scan, marks), element("p", { class: "pale outdated" }),
  );
  refreshControls(made, scan, marks);
  return made;
}

/** Shows the present mark of a scan in its controls. */
export function refreshControls(controls: ParentNode, scan: Scan, marks: Marks): void {
  const mark = marks.of(scan.name);
  for (const made of controls.querySelectorAll<HTMLElement>("[data-decision]")) {
    made.setAttribute("aria-pressed", String(made.dataset.decision === mark?.decision));
  }
  for (const made of controls.querySelectorAll<HTMLElement>("[data-rating]")) {
    made.setAttribute("aria-pressed", String(made.dataset.rating === String(mark?.rating)));
    made.classList.toggle("reached", Number(made.dataset.rating) <= (mark?.rating ?? 0));
  }
  const field = controls.querySelector<HTMLInputElement>(".comment");
  if (field && field !== document.activeElement) field.value = mark?.comment ?? "";
  const note = controls.querySelector<HTMLElement>(".outdated");
  const outdated = marks.outdated(scan.name);
  if (note) note.textContent = outdated ? `Outdated, the mask has changed: ${inWords(outdated)}.` : "";
}

function inWords(mark: Mark): string {
  const decision = mark.decision && LABELS[mark.decision];
  return [decision, mark.rating, mark.comment && `“${mark.comment}”`].filter(Boolean).join(", ");
}

function decisionButtons(scan: Scan, marks: Marks): HTMLElement {
  const choose = (decision: Decision): void => {
    marks.change(scan.name, { decision: marks.of(scan.name)?.decision === decision ? undefined : decision });
  };
  const buttons = DECISIONS.map((decision) =>
    button(LABELS[decision], { "data-decision": decision, title: TITLES[decision] }, () => choose(decision)),
  );
  return element("div", { class: "segmented decisions", role: "group", "aria-label": `Verdict on ${scan.name}` }, ...buttons);
}

function ratingButtons(scan: Scan, marks: Marks): HTMLElement {
  const choose = (rating: number): void => {
    marks.change(scan.name, { rating: marks.of(scan.name)?.rating === rating ? undefined : rating });
  };
  const buttons = RATINGS.map((rating) => {
    const meaning = MEANINGS[rating - 1] ?? "";
    return button(String(rating), { "data-rating": rating, title: `${meaning} (key ${rating})`, "aria-label": `${rating}, ${meaning}` }, () => choose(rating));
  });
  return element("div", { class: "segmented ratings", role: "group", "aria-label": `Rating of ${scan.name}` }, ...buttons);
}

function commentField(scan: Scan, marks: Marks): HTMLInputElement {
  const field = element("input", {
    class: "comment", type: "text", placeholder: "Comment", "aria-label": `Comment on ${scan.name}`, maxlength: 1000,
  });
  field.addEventListener("input", () => marks.change(scan.name, { comment: field.value.trim() || undefined }));
  return field;
}
