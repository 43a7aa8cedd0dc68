"""Products, stores and orders of the demo shop, derived from numbers, so that they are the same on every machine."""

import re
from dataclasses import dataclass, replace
from typing import Literal

OrderStatus = Literal["processing", "packed", "shipped", "out for delivery", "delivered", "cancelled"]
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FIRST_ORDER, LAST_ORDER = 1000, 1999
FREE_SHIPPING_FROM = 50.0


@dataclass(frozen=True)
class Product:
    """A product; `old_price` is set while it is reduced."""

    name: str
    price: float
    old_price: float | None = None
    sizes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Store:
    """A store in the high street."""

    city: str
    address: str
    phone: str
    landmark: str
    opens: int = 9
    closes: int = 18

    @property
    def hours(self) -> dict[str, str]:
        """Opening hours by weekday, as text."""
        week = dict.fromkeys(WEEKDAYS[:5], f"{self.opens}:00 to {self.closes}:00")
        return {**week, "saturday": f"{self.opens}:00 to 17:00", "sunday": "11:00 to 16:00"}


@dataclass(frozen=True)
class Destination:
    """A country that parcels are sent to."""

    name: str
    standard_cost: float
    days: tuple[int, int]
    customs: bool


@dataclass(frozen=True)
class Order:
    """An order; `number` 1042 is written ORD-1042."""

    number: int
    product: str
    quantity: int
    total: float
    status: OrderStatus
    shipping_method: str
    city: str
    days_to_go: int
    address: str = ""

    @property
    def id(self) -> str:
        """The id as customers see it."""
        return f"ORD-{self.number}"

    @property
    def tracking_number(self) -> str | None:
        """The parcel's number, once it is on its way."""
        if self.status in ("processing", "packed", "cancelled"):
            return None
        digits = 204518867 if self.number == 1042 else 200000000 + self.number * 4519
        return f"PX{digits}GB"


_CLOTHES = ("XS", "S", "M", "L", "XL", "XXL")
_SHOES = tuple(str(size) for size in range(36, 47))
PRODUCTS = {
    product.name: product
    for product in (
        Product("rain jacket", 89.0, sizes=_CLOTHES),
        Product("hiking boots", 129.0, 149.0, _SHOES),
        Product("backpack", 75.0),
        Product("wool sweater", 59.0, sizes=_CLOTHES),
        Product("running shoes", 95.0, 110.0, _SHOES),
        Product("thermos", 24.5),
        Product("headlamp", 32.0),
        Product("tent", 219.0, 259.0),
        Product("sleeping bag", 110.0),
        Product("water bottle", 14.0),
        Product("beanie", 18.0),
        Product("gloves", 22.0, sizes=_CLOTHES),
        Product("trekking poles", 49.0),
        Product("camping stove", 64.0),
        Product("t-shirt", 21.0, sizes=_CLOTHES),
    )
}
STORES = {
    store.city.lower(): store
    for store in (
        Store("Bristol", "12 Park Street", "0117 496 0012", "opposite the museum"),
        Store("Leeds", "40 Briggate", "0113 496 0040", "next to the Victoria Quarter"),
        Store("York", "7 Coney Street", "01904 496 007", "by the river", closes=17),
        Store("Oxford", "55 Cornmarket Street", "01865 496 055", "near Carfax Tower"),
        Store("Glasgow", "101 Buchanan Street", "0141 496 0101", "two minutes from Central Station", closes=19),
        Store("Cardiff", "23 The Hayes", "029 2049 6023", "opposite St David's", closes=19),
        Store("Brighton", "18 North Laine", "01273 496 018", "five minutes from the station", opens=10),
        Store("Norwich", "3 Gentleman's Walk", "01603 496 003", "beside the market", opens=10),
    )
}
DESTINATIONS = {
    destination.name.lower(): destination
    for destination in (
        Destination("United Kingdom", 3.95, (2, 4), False),
        Destination("Ireland", 6.95, (3, 5), True),
        Destination("France", 8.95, (3, 6), True),
        Destination("Germany", 8.95, (3, 6), True),
        Destination("Netherlands", 8.95, (3, 6), True),
        Destination("Spain", 9.95, (4, 7), True),
        Destination("Italy", 9.95, (4, 7), True),
        Destination("USA", 16.95, (6, 10), True),
        Destination("Canada", 17.95, (6, 11), True),
        Destination("Australia", 21.95, (8, 14), True),
        Destination("Japan", 19.95, (7, 12), True),
    )
}
COUNTRY_NAMES = {
    "": "united kingdom",
    "uk": "united kingdom",
    "great britain": "united kingdom",
    "england": "united kingdom",
}
# extra cost, and the days it takes (None: as for the country)
SHIPPING_METHODS: dict[str, tuple[float, tuple[int, int] | None]] = {
    "standard": (0.0, None),
    "international": (0.0, None),
    "express": (6.0, (1, 2)),
    "next day": (9.0, (1, 1)),
    "pickup": (-2.0, (2, 3)),
    "locker": (-1.0, (2, 3)),
}
HOME_ONLY_METHODS = frozenset({"next day", "pickup", "locker"})
# percent off, and whether the code is still valid
DISCOUNT_CODES = {"SAVE10": (10, True), "SPRING25": (25, False), "WELCOME5": (5, True), "TRAIL20": (20, True)}

_STATUSES: tuple[OrderStatus, ...] = ("processing", "shipped", "delivered", "packed", "out for delivery", "shipped")
_METHODS = ("standard", "express", "standard", "pickup", "next day")
_NUMBER_WORDS = {
    "a": 1, "an": 1, "one": 1, "single": 1, "two": 2, "couple": 2, "pair": 1, "three": 3, "few": 3, "four": 4,
    "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "dozen": 12,
    "hundred": 100, "hundreds": 100, "thousand": 1000, "thousands": 1000,
}  # fmt: skip


def make_order(number: int) -> Order:
    """Return the order with this number, always the same one."""
    product = list(PRODUCTS.values())[number % len(PRODUCTS)]
    quantity = 1 + number // 15 % 3
    order = Order(
        number=number,
        product=product.name,
        quantity=quantity,
        total=round(product.price * quantity, 2),
        status=_STATUSES[number % len(_STATUSES)],
        shipping_method=_METHODS[number % len(_METHODS)],
        city=list(STORES.values())[number % len(STORES)].city,
        days_to_go=1 + number % 4,
    )
    if number == 1042:
        return replace(
            order,
            product="rain jacket",
            quantity=1,
            total=89.0,
            status="shipped",
            shipping_method="express",
            city="Bristol",
        )
    fixed: dict[int, OrderStatus] = {1043: "delivered", 1044: "processing", 1045: "cancelled", 1046: "out for delivery"}
    return replace(order, status=fixed.get(number, order.status))


ORDER_BY_TRACKING_NUMBER = {
    tracking: number
    for number in range(FIRST_ORDER, LAST_ORDER + 1)
    if (tracking := make_order(number).tracking_number) is not None
}


def read_order_number(text: str) -> int | None:
    """Parse `ORD-1042`, `ord 1042`, `#1042`, `RF-1042` or `1042`; None for anything else."""
    found = re.fullmatch(r"\s*(?:ord(?:er)?|rf|rt)?[\s#:-]*(\d{1,9})\s*", text, re.IGNORECASE | re.ASCII)
    return int(found.group(1)) if found else None


def read_tracking_number(text: str) -> str | None:
    """Parse a tracking number with or without its letters and spaces; None unless it has nine digits."""
    found = re.fullmatch(r"(?:PX)?(\d{9})(?:GB)?", re.sub(r"[\s-]", "", text).upper(), re.ASCII)
    return f"PX{found.group(1)}GB" if found else None


def read_quantity(text: str) -> int | None:
    """Parse `3`, `three`, `a pair of`, `a dozen`; None without a number from 1 to 99."""
    digits = re.search(r"[-\d.,]*\d", text, re.ASCII)
    words = [_NUMBER_WORDS[word] for word in re.findall(r"[a-z]+", text.lower()) if word in _NUMBER_WORDS]
    if digits and not digits.group().isdigit():
        return None  # `1.5`, `-3`, `2,000`
    number = int(digits.group()[:4]) if digits else max(words, default=0)
    return number if 1 <= number <= 99 else None


def find_product(name: str) -> Product | None:
    """Find a product by its name, in singular or plural, or by a part of it."""
    wanted = " ".join(name.lower().split())
    if not wanted:
        return None
    for candidate in (wanted, wanted.removesuffix("s"), f"{wanted}s"):
        if candidate in PRODUCTS:
            return PRODUCTS[candidate]
    return next((product for known, product in PRODUCTS.items() if known in wanted or wanted in known), None)
