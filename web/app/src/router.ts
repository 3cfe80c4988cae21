/** Router: what is open is part of the address, so that a reload shows it again. */

export type Route = { page: "start" } | { page: "job"; id: string } | { page: "review" } | { page: "row"; id: string };

export function readRoute(): Route {
  const [page = "", id = ""] = location.hash.replace(/^#\//, "").split("/").map(decoded);
  if ((page === "job" || page === "row") && id) return { page, id };
  return page === "review" ? { page } : { page: "start" };
}

export function routeAddress(route: Route): string {
  return route.page === "start" ? "#/" : `#/${route.page}${"id" in route ? `/${encodeURIComponent(route.id)}` : ""}`;
}

/** Opens a page; listeners of `hashchange` show it. */
export function go(route: Route): void {
  location.hash = routeAddress(route);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
