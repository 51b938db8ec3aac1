/** What `profile.html` does by itself: sort and filter the dispatches, open one, stretch the timeline. */
export const pageScript = `
const table = document.querySelector('.dispatches');
const bodies = [...table.querySelectorAll('tbody[id]')];
const filter = document.querySelector('#filter');
const shown = document.querySelector('#shown');

function toggle(body, open) {
  body.classList.toggle('open', open);
  body.children[1].hidden = !open;
  body.querySelector('button').setAttribute('aria-expanded', String(open));
}

table.addEventListener('click', (event) => {
  const header = event.target.closest('thead button');
  if (header) return sortBy(header.closest('th'));
  const row = event.target.closest('tr');
  const body = row && row.closest('tbody[id]');
  if (body && row === body.children[0]) toggle(body, !body.classList.contains('open'));
});

function sortBy(column) {
  const place = [...column.parentNode.children].indexOf(column);
  const direction = column.getAttribute('aria-sort') === 'descending' ? 1 : -1;
  for (const other of column.parentNode.children) other.removeAttribute('aria-sort');
  column.setAttribute('aria-sort', direction === 1 ? 'ascending' : 'descending');
  const valueOf = (body) => {
    const cell = body.children[0].children[place];
    return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
  };
  const compare = (a, b) => (typeof a === 'number' ? a - b : String(a).localeCompare(String(b)));
  bodies.sort((a, b) => direction * compare(valueOf(a), valueOf(b)));
  table.append(...bodies);
}

function applyFilter() {
  const words = filter.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let [count, share] = [0, 0];
  for (const body of bodies) {
    const text = body.textContent.toLowerCase();
    body.hidden = !words.every((word) => text.includes(word));
    if (body.hidden) continue;
    count++;
    share += Number(body.dataset.share);
  }
  shown.textContent = count + ' of ' + bodies.length + ', ' + (100 * share).toFixed(1) + ' % of the time';
}
filter.addEventListener('input', applyFilter);

function openFromAddress() {
  const body = bodies.find(({ id }) => id !== '' && '#' + id === location.hash);
  if (!body) return;
  if (body.hidden) {
    filter.value = '';
    applyFilter();
  }
  toggle(body, true);
  body.scrollIntoView({ block: 'center' });
}
addEventListener('hashchange', openFromAddress);
openFromAddress();

document.querySelector('#zoom').addEventListener('input', (event) => {
  document.querySelector('.timeline').style.setProperty('--zoom', event.target.value);
});
`;
