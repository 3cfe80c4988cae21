/** Table: the scans of a page, with headings that sort them. */

import { refreshControls } from "./controls";
import type { Scan } from "./data";
import { button, element } from "../../shared/dom";
import type { Listing, SortKey } from "./listing";
import type { Marks } from "./marks";
import { makeRow } from "./row";

const HEADINGS: [label: string, key: SortKey | undefined, description: string][] = [
  ["#", "rank", "Worst first"],
  ["Slices", undefined, ""],
  ["Scan", "name", "By name"],
  ["Verdict, Dice", "dice", "By predicted Dice"],
  ["Volume", "volume", "By volume"],
  ["Your review", "review", "By your rating"],
];

export class Table {
  private readonly body = element("tbody");
  private readonly heads = new Map<SortKey, HTMLTableCellElement>();
  private readonly rows = new Map<Scan, HTMLTableRowElement>();

  constructor(
    place: HTMLElement, private readonly listing: Listing, private readonly marks: Marks,
    private readonly open: (scan: Scan) => void,
  ) {
    const caption = element("caption", { class: "hidden" }, "Scans of the batch; the headings sort them.");
    place.append(element("table", { class: "scans" }, caption, this.head(), this.body));
    marks.onChange((name) => this.refresh(name));
    this.body.addEventListener("focusin", (event) => this.follow(event.target as HTMLElement));
    this.body.addEventListener("click", (event) => this.follow(event.target as HTMLElement));
  }

  /** Shows the present page of the listing, and which scan is the current one. */
  render(): void {
    const scans = this.listing.pageScans;
    if (scans.length !== this.rows.size || scans.some((scan, place) => this.body.rows[place] !== this.rows.get(scan))) {
      this.rows.clear();
      for (const scan of scans) this.rows.set(scan, makeRow(scan, this.marks, this.open));
      this.body.replaceChildren(...this.rows.values(), ...(scans.length ? [] : [nothing()]));
    }
    for (const [scan, row] of this.rows) row.toggleAttribute("data-current", scan === this.listing.current);
    for (const [key, head] of this.heads) {
      const order = this.listing.isDescending ? "descending" : "ascending";
      head.setAttribute("aria-sort", key === this.listing.sortKey ? order : "none");
    }
  }

  /** Brings the current scan into view. */
  reveal(): void {
    this.currentRow()?.scrollIntoView({ block: "nearest" });
  }

  currentRow(): HTMLTableRowElement | undefined {
    return this.listing.current && this.rows.get(this.listing.current);
  }

  private refresh(name: string): void {
    for (const [scan, row] of this.rows) if (!name || scan.name === name) refreshControls(row, scan, this.marks);
  }

  /** Makes the scan whose row is used the current one. */
  private follow(target: HTMLElement): void {
    const row = target.closest("tr");
    for (const [scan, other] of this.rows) if (other === row && scan !== this.listing.current) this.listing.select(scan);
  }

  private head(): HTMLTableSectionElement {
    const cells = HEADINGS.map(([label, key, description]) => {
      if (!key) return element("th", { scope: "col" }, label);
      const head = element("th", { scope: "col" }, button(label, { title: description }, () => this.listing.sortBy(key)));
      this.heads.set(key, head);
      return head;
    });
    return element("thead", {}, element("tr", {}, ...cells));
  }
}

function nothing(): HTMLTableRowElement {
  return element("tr", {}, element("td", { colspan: HEADINGS.length, class: "nothing" }, "No scan fits the search and the filters."));
}
