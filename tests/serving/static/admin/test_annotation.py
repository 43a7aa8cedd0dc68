"""Marking values in examples by selecting text: with a mouse, with the keyboard, in every script."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.support.admin_pages import Platform, opened
from tests.support.authoring import example, saved, spans
from tests.support.browser import needs_browser

pytestmark = needs_browser


def choose_entity(page: Page, name: str) -> None:
    """Name the entity of what is selected; a new one is made."""
    choice = page.get_by_role("dialog", name=re.compile("Which entity"))
    choice.get_by_role("combobox", name="Entity").fill(name)
    page.keyboard.press("Enter")
    expect(choice).to_have_count(0)


def select_by_mouse(page: Page, text: Locator, begin: int, end: int) -> None:
    """Drag over a part of a text; positions are UTF-16 units."""
    text.scroll_into_view_if_needed()
    places = text.evaluate(
        """(root, [begin, end]) => {
            const at = (units) => {
                let left = units;
                const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
                for (let node = walker.nextNode(); node; node = walker.nextNode()) {
                    if (left <= node.length) return [node, left];
                    left -= node.length;
                }
            };
            const range = document.createRange();
            range.setStart(...at(begin));
            range.setEnd(...at(end));
            const rect = range.getBoundingClientRect();
            return [rect.left + 0.5, rect.right - 0.5, rect.top + rect.height / 2];
        }""",
        [begin, end],
    )
    left, right, middle = places
    page.mouse.move(left, middle)
    page.mouse.down()
    page.mouse.move(right, middle, steps=4)
    page.mouse.up()


def test_a_newcomer_makes_an_intent_and_marks_values_by_mouse_and_by_keyboard(page: Page, platform: Platform) -> None:
    bot = platform.new_bot()
    opened(page, platform, f"bots/{bot}/intents")
    page.get_by_role("button", name="New intent").click()
    page.get_by_label("What does the customer want?").fill("Book a trip")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Book a trip", level=1)).to_be_visible()

    new = page.get_by_label("New example")
    for text in ("a trip to Oslo", "from Rome to Rome please"):
        new.fill(text)
        new.press("Enter")
        expect(new).to_have_value("")
    saved(page)
    expect(page.get_by_role("listitem").filter(has_text="a trip")).to_have_count(1)

    select_by_mouse(page, example(page, "a trip to Oslo"), 10, 14)
    choose_entity(page, "city")
    text = example(page, "from Rome to Rome please")
    expect(example(page, "a trip to Oslo")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(text).to_be_focused()
    for key in ("Home", *["ArrowRight"] * 13, *["Shift+ArrowRight"] * 4, "Enter"):
        page.keyboard.press(key)
    choose_entity(page, "city")
    saved(page)
    assert spans(platform, bot, "book_a_trip") == {
        "a trip to Oslo": [("Oslo", 10, 14, "city")],
        "from Rome to Rome please": [("Rome", 13, 17, "city")],
    }
    assert [entity["name"] for entity in platform.call("GET", f"/bots/{bot}/entities")["items"]] == ["city"]

    # a mark goes by the keyboard, and a text is edited around one
    page.keyboard.press("Delete")
    expect(text.locator("mark")).to_have_count(0)
    example(page, "a trip to Oslo").focus()
    page.keyboard.press("F2")
    page.get_by_label("Text of the example").fill("a long trip to Oslo")
    page.keyboard.press("Enter")
    saved(page)
    assert spans(platform, bot, "book_a_trip") == {
        "a long trip to Oslo": [("Oslo", 15, 19, "city")],
        "from Rome to Rome please": [],
    }

    page.get_by_role("link", name="Questions").click()
    page.get_by_role("button", name="Add a question").click()
    page.get_by_label("Kind of value").select_option("city")
    page.get_by_label("Name", exact=True).fill("city")
    page.get_by_label("Question", exact=True).fill("Where to?")
    page.get_by_role("button", name="Take the whole answer").click()
    page.get_by_role("link", name="Replies").click()
    page.get_by_label("Reply", exact=True).fill("Off to {{ parameters.city }}!")
    expect(page.get_by_role("group", name="Preview of the reply")).to_contain_text("Off to Oslo!")
    saved(page)
    stored = platform.call("GET", f"/bots/{bot}/intents/book_a_trip")
    assert stored["speechResponse"] == "Off to {{ parameters.city }}!"
    assert stored["parameters"] == [
        {"name": "city", "type": "city", "required": True, "prompt": "Where to?", "freeText": True}
    ]


# each part between ⟦ and ⟧ is selected; the text is what stands without them
HARD = (
    "ship it to ⟦Oslo⟧ now", "from Rome to ⟦Rome⟧ please", "in die ⟦Straße⟧ 14", "\u0130stanbul'dan ⟦\u0130zmir⟧'e",
    "one ⟦😀 pizza⟧ 😀", "👍🏽👍🏽 ⟦👩\u200d👩\u200d👧\u200d👦⟧ family", "flag 🇳🇴 not ⟦🇳🇱⟧",
    "from ⟦1\ufe0f\u20e32\ufe0f\u20e3⟧ on", "\U0001d49c\U0001d4b7 to ⟦\U0001d49e\U0001d4b9⟧",
    "caf\u00e9 ⟦caf\u00e9⟧", "cafe\u0301 and ⟦cafe\u0301⟧", "⟦Zoe\u0308⟧",
    "أريد السفر إلى ⟦القاهرة⟧ غدا", "من ⟦دبي⟧ إلى دبي", "⟦بيتزا كبيرة⟧ من فضلك",
    "رقم الطلب ⟦1042⟧ أين هو", "اُردو میں ⟦لاہور⟧ تک", "שלח אותו ל⟦תל אביב⟧ בבקשה",
    "⟦ירושלים⟧ היא היעד", "אני רוצה ⟦pizza⟧ גדולה",
    "我要去⟦北京⟧", "从⟦上海⟧到上海", "明天⟦三点⟧开会", "订⟦两张⟧票去广州",
    "⟦東京⟧へ行きたい", "大きい⟦ピザ⟧をください", "ﾊﾝｶｸの⟦ｶﾞｽ⟧料金", "𠮷野家へ⟦𠮷野⟧さん",
    "서울에서 ⟦부산⟧까지", "⟦강남역⟧ 근처", "한국에서 ⟦한국⟧",
    "ไป⟦เชียงใหม่⟧พรุ่งนี้", "ส่ง⟦กรุงเทพ⟧ด่วน", "ที่⟦น้ำ⟧ที่น้ำ",
    "मुझे ⟦दिल्ली⟧ जाना है", "⟦मुंबई⟧ से पुणे", "क्षेत्र ⟦क्षत्रिय⟧ है",
    "хочу в ⟦Москву⟧ завтра", "из ⟦Киева⟧ в Киев", "στην ⟦Αθήνα⟧ αύριο",
)  # fmt: skip


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def test_what_is_stored_is_what_was_selected_in_every_script(page: Page, platform: Platform) -> None:
    cases = [(re.sub("[⟦⟧]", "", marked), marked.index("⟦"), marked.index("⟧") - 1) for marked in HARD]
    assert len({text for text, _, _ in cases}) == 40
    intent = {"intentId": "hard", "name": "Hard", "trainingData": [{"text": text} for text, _, _ in cases]}
    bot = platform.new_bot({"intents": [intent], "entities": [{"name": "thing"}]})
    opened(page, platform, f"bots/{bot}/intents/hard")
    for number, (text, begin, end) in enumerate(cases):
        search = page.get_by_label("Search examples")
        search.fill(text)
        row = example(page, text)
        expect(page.get_by_role("list", name="Examples").get_by_role("listitem")).to_have_count(1)
        expect(row).to_be_visible()
        if number % 2:
            row.focus()
            page.keyboard.press("Home")
            graphemes = page.evaluate(
                "(texts) => texts.map((text) => [...new Intl.Segmenter().segment(text)].length)",
                [text[:begin], text[begin:end]],
            )
            # arrow keys go where they point, so forward is left where a text runs from right to left
            is_right_to_left = row.evaluate("(root) => getComputedStyle(root).direction") == "rtl"
            forward = "ArrowLeft" if is_right_to_left else "ArrowRight"
            for _ in range(graphemes[0]):
                page.keyboard.press(forward)
            for _ in range(graphemes[1]):
                page.keyboard.press(f"Shift+{forward}")
            page.keyboard.press("Enter")
        else:
            # where a browser lets a drag begin between joined letters is its own affair: what it has selected counts
            row.evaluate(
                """(root, [begin, end]) => {
                    const node = root.firstChild.firstChild;
                    root.dispatchEvent(new PointerEvent("pointerdown", {bubbles: true}));
                    getSelection().setBaseAndExtent(node, begin, node, end);
                    document.dispatchEvent(new PointerEvent("pointerup", {bubbles: true}));
                }""",
                [units(text[:begin]), units(text[:end])],
            )
        choose_entity(page, "thing")
        expect(row.locator("mark")).to_have_text(text[begin:end])
        expect(row).to_be_focused()
    saved(page)
    stored = spans(platform, bot, "hard")
    assert stored == {text: [(text[begin:end], begin, end, "thing")] for text, begin, end in cases}


def test_half_a_character_is_never_marked(page: Page, platform: Platform) -> None:
    text = "a👩\u200d👩\u200d👧\u200d👦b"
    bot = platform.new_bot({"intents": [{"intentId": "half", "name": "Half", "trainingData": [{"text": text}]}]})
    opened(page, platform, f"bots/{bot}/intents/half")
    example(page, text).evaluate(
        """(root) => {
            const node = root.firstChild.firstChild;
            root.dispatchEvent(new PointerEvent("pointerdown", {bubbles: true}));
            getSelection().setBaseAndExtent(node, 3, node, 5);
            document.dispatchEvent(new PointerEvent("pointerup", {bubbles: true}));
        }"""
    )
    choose_entity(page, "family")
    saved(page)
    assert spans(platform, bot, "half") == {text: [(text[1:-1], 1, 8, "family")]}


def test_the_focus_stays_where_somebody_has_gone_on_to(page: Page, platform: Platform) -> None:
    texts = [{"text": "ship it to Oslo"}, {"text": "ship it to Rome"}]
    bot = platform.new_bot(
        {"intents": [{"intentId": "ship", "name": "Ship", "trainingData": texts}], "entities": [{"name": "city"}]}
    )
    opened(page, platform, f"bots/{bot}/intents/ship")
    search = page.get_by_label("Search examples")
    frames = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"

    # out of the choice of an entity
    select_by_mouse(page, example(page, "ship it to Oslo"), 11, 15)
    expect(page.get_by_role("dialog", name=re.compile("Which entity"))).to_be_visible()
    search.click()
    expect(page.get_by_role("dialog", name=re.compile("Which entity"))).to_have_count(0)
    page.evaluate(frames)
    expect(search).to_be_focused()

    # out of a text that is edited
    page.get_by_role("button", name="Edit example 2").click()
    expect(page.get_by_label("Text of the example")).to_be_focused()
    search.click()
    expect(page.get_by_label("Text of the example")).to_have_count(0)
    page.evaluate(frames)
    expect(search).to_be_focused()
