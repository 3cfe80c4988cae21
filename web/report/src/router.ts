/** Router: the address after # says which scan's page is open, so that the browser's buttons and bookmarks work. */

import type { Scan } from "./data";
import { byId } from "../../shared/dom";
import type { Listing } from "./listing";
import type { ScanPage } from "./scan_page";

const PREFIX = "#scan-";

export class Router {
  private scroll = 0;

  constructor(private readonly listing: Listing, private readonly page: ScanPage, private readonly onClosed: () => void) {
    addEventListener("hashchange", () => this.follow());
  }

  get isOpen(): boolean {
    return !byId("scan").hidden;
  }

  open(scan: Scan): void {
    const hash = `${PREFIX}${scan.number}`;
    if (this.isOpen) history.replaceState(null, "", hash); // one step back leads to all scans, however many were seen
    else history.pushState(null, "", hash);
    this.follow();
  }

  close(): void {
    if (!this.isOpen) return;
    history.replaceState(null, "", location.pathname + location.search);
    this.follow();
  }

  /** Shows what the address says. */
  follow(): void {
    const number = location.hash.startsWith(PREFIX) ? Number(location.hash.slice(PREFIX.length)) : NaN;
    const scan = this.listing.scans.find((other) => other.number === number);
    const wasOpen = this.isOpen;
    if (scan && !wasOpen) this.scroll = scrollY;
    byId("index").hidden = scan !== undefined;
    byId("scan").hidden = scan === undefined;
    document.documentElement.classList.toggle("scan-open", scan !== undefined);
    if (scan) this.show(scan, wasOpen);
    else if (wasOpen) this.leave();
  }

  private show(scan: Scan, wasOpen: boolean): void {
    this.listing.select(scan);
    const place = this.listing.shown.indexOf(scan);
    this.page.show(scan, place < 0 ? "" : `${place + 1} of ${this.listing.shown.length}`);
    if (wasOpen) return;
    scrollTo(0, 0);
    byId("scan-name").focus();
  }

  private leave(): void {
    this.page.leave();
    scrollTo(0, this.scroll);
    this.onClosed();
  }
}
