// The list of areas follows the country chosen. Without this file a button fetches it with the page.

const fetched = new Map();

async function groupsOf(country, pattern) {
  if (!country) return [];
  const address = pattern.replace("{country}", encodeURIComponent(country));
  if (!fetched.has(address)) {
    const answer = await fetch(address, { credentials: "omit" });
    if (!answer.ok) throw new Error(`areas: ${answer.status}`);
    fetched.set(address, (await answer.json()).groups);
  }
  return fetched.get(address);
}

function fill(areas, groups, emptyLabel) {
  const nodes = [new Option(emptyLabel, "")];
  for (const { label, options } of groups) {
    const choices = options.map(([code, name]) => new Option(name, code));
    if (label) {
      const group = document.createElement("optgroup");
      group.label = label;
      group.append(...choices);
      nodes.push(group);
    } else {
      nodes.push(...choices);
    }
  }
  areas.replaceChildren(...nodes);
  areas.value = "";
}

function follow(areas) {
  const country = document.getElementById(areas.dataset.areasOf);
  if (!country) return;
  const button = areas.form?.querySelector(`[name="${areas.dataset.areasButton}"]`);
  const place = document.createComment("areas");
  button?.replaceWith(place);

  const update = async () => {
    const chosen = country.value;
    try {
      const groups = await groupsOf(chosen, areas.dataset.areasUrl);
      // Another country may have been chosen while this one's areas were on the way.
      if (chosen !== country.value) return;
      const { areasChoose, areasFirst, areasNone } = areas.dataset;
      fill(areas, groups, groups.length ? areasChoose : chosen ? areasNone : areasFirst);
    } catch {
      fill(areas, [], areas.dataset.areasChoose);
      // Offline for a moment: the way without JavaScript still works.
      if (button && place.isConnected) place.replaceWith(button);
    }
  };

  country.addEventListener("change", update);
  // The browser may bring back a country, from its history or by filling in an address, whose areas
  // this page never had.
  addEventListener("pageshow", () => {
    if (country.value && areas.options.length < 2) update();
  });
}

document.querySelectorAll("select[data-areas-of]").forEach(follow);
