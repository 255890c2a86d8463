// What was chosen stands in the address, so that a wall screen's bookmark keeps it, and in the
// browser, so that the bare address shows it again.

const address = new URL(location.href);
const kept = (name) => `contact-metrics.${name}`;

/** Where a browser keeps nothing, the address alone does. */
function store(use) {
  try {
    return use(localStorage);
  } catch {
    return null;
  }
}

export function choose(name, value) {
  address.searchParams.set(name, value);
  history.replaceState(null, "", address);
  store((storage) => storage.setItem(kept(name), value));
}

export function chosen(name, offered, preferred) {
  const wishes = [address.searchParams.get(name), store((storage) => storage.getItem(kept(name))), preferred];
  return wishes.find((wish) => offered.includes(wish)) ?? offered[0];
}
