"""What is shown becomes what is wanted, and is made anew only where it differs."""

from __future__ import annotations

from playwright.sync_api import Page

MARKUP = [
    "",
    "text",
    "<p>one</p>",
    '<p class="a">one</p><p>two</p>',
    '<p id="b" title="t">one</p>',
    "<p>one <b>two</b> three</p>",
    "<b>two</b>",
    '<svg viewBox="0 0 9 9"><circle r="3"></circle><text x="1">?</text></svg>',
    '<svg viewBox="0 0 9 9"><circle r="4" class="mark"></circle></svg><p>one</p>',
    "<ul><li>1</li><li>2</li><li>3</li></ul>",
    "<ul><li>1</li></ul>",
    "text<p>one</p>text",
]
RENEW = """([before, after]) => import('/js/dom.js').then(({ renew }) => {
  const made = (markup) => {
    const parent = document.createElement('div');
    parent.innerHTML = markup;
    return parent;
  };
  const shown = made(before);
  renew(shown, ...made(after).childNodes);
  return shown.innerHTML;
})"""
KEPT = """() => import('/js/dom.js').then(({ renew, svg }) => {
  const parent = document.createElement('div');
  const figure = (x) => svg('svg', {}, svg('circle', { r: 9 }), svg('circle', { cx: x }));
  renew(parent, figure(1));
  const seen = new MutationObserver(() => {});
  seen.observe(parent, { subtree: true, childList: true, attributes: true, characterData: true });
  const [still, mark] = parent.firstChild.childNodes;
  renew(parent, figure(1));
  const idle = seen.takeRecords().length;
  renew(parent, figure(2));
  const changes = seen.takeRecords().map((one) => [one.attributeName, one.target === mark]);
  return { idle, changes, isKept: still === parent.firstChild.firstChild };
})"""


def test_everything_becomes_everything(page: Page) -> None:
    for before in MARKUP:
        for after in MARKUP:
            assert page.evaluate(RENEW, [before, after]) == after


def test_what_is_alike_stays_untouched(page: Page) -> None:
    assert page.evaluate(KEPT) == {"idle": 0, "changes": [["cx", True]], "isKept": True}
