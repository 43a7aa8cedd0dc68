"""Products, stores, discounts and loyalty points of the demo shop."""

from datetime import timedelta
from zlib import crc32

from fastapi import APIRouter

from serving.demo import data
from serving.demo.shop import Answer, Discount, Key, Shop, Text, TheShop, missing, pounds

products_router = APIRouter(prefix="/products", tags=["products"])


@products_router.get("/price")
async def price(shop: TheShop, product: Text = "") -> Answer:
    """Return the price of a product."""
    found = data.find_product(product)
    if found is None:
        return _no_product(product)
    before = pounds(found.old_price) if found.old_price else None
    message = f"The {found.name} costs {pounds(found.price)}" + (f", down from {before}." if before else ".")
    return {
        "found": True, "message": message, "product": found.name, "price": found.price,
        "price_text": pounds(found.price), "discounted": before is not None, "old_price_text": before,
    }  # fmt: skip


@products_router.get("/stock")
async def stock(shop: TheShop, product: Text = "", size: Text = "", color: Text = "", city: Text = "") -> Answer:
    """Return whether a product is in stock, online or in one store."""
    found = data.find_product(product)
    if found is None:
        return _no_product(product)
    kind = " ".join(part for part in (color, found.name) if part) + (f" in size {size}" if size else "")
    pieces = {store.city: _pieces(found.name, size, color, store.city) for store in data.STORES.values()}
    store = data.STORES.get(city.lower())
    if city and store is None:
        return missing(f"We have no store in {city}; you can order the {kind} online.", product=found.name, city=city)
    quantity = pieces[store.city] if store else sum(pieces.values())
    others = [name for name, count in pieces.items() if count and (store is None or name != store.city)]
    where, restock = store.city if store else "our online shop", None if quantity else shop.day(6)
    message = (
        f"Yes, we have the {kind} in {where}." if quantity else f"The {kind} is sold out in {where} until {restock}."
    )
    return {
        "found": True, "message": message, "product": found.name, "size": size, "color": color, "city": city,
        "in_stock": quantity > 0, "quantity": quantity, "restock_text": restock, "other_cities": others,
    }  # fmt: skip


stores_router = APIRouter(prefix="/stores", tags=["stores"])


@stores_router.get("")
async def find_store(shop: TheShop, city: Text = "") -> Answer:
    """Return the address of the store in a city."""
    store = data.STORES.get(city.lower())
    if store is None:
        return _no_store(city)
    name = f"Parcel & Shop {store.city}"
    message = f"{name} is at {store.address}, {store.landmark}. Phone {store.phone}."
    return {
        "found": True, "message": message, "city": store.city, "name": name, "address": store.address,
        "phone": store.phone, "landmark": store.landmark,
    }  # fmt: skip


@stores_router.get("/hours")
async def hours(shop: TheShop, city: Text = "", date: Text = "") -> Answer:
    """Return the opening hours of the store in a city."""
    store = data.STORES.get(city.lower())
    if store is None:
        return _no_store(city)
    week, day = store.hours, _weekday(date, shop)
    today = data.WEEKDAYS[shop.today().weekday()]
    text = f"Monday to Friday {week['monday']}, Saturday {week['saturday']}, Sunday {week['sunday']}"
    message = f"On {day.capitalize()} our {store.city} store is open {week[day]}." if day else f"{store.city}: {text}."
    return {
        "found": True, "message": message, "city": store.city, "day": day, "hours_today": week[today],
        "hours": week, "hours_text": text,
    }  # fmt: skip


offers_router = APIRouter(tags=["offers"])


@offers_router.post("/discount-codes/apply")
async def apply_discount(shop: TheShop, body: Discount, key: Key = None) -> Answer:
    """Apply a discount code."""

    def act() -> Answer:
        code = body.discount_code.upper()
        if code not in data.DISCOUNT_CODES:
            return missing(f"I don't know the code {code}. Is it spelt right?", discount_code=code)
        percent, valid = data.DISCOUNT_CODES[code]
        expires = shop.day(30 if valid else -30)
        message = f"{code} gives you {percent} % off until {expires}." if valid else f"{code} expired on {expires}."
        facts: Answer = {"discount_code": code, "percent": percent, "expires_text": expires}
        return {"found": True, "ok": valid, "message": message, **facts}

    return shop.once(key, kind="apply_discount", subject=body.discount_code, body=body, act=act)


@offers_router.get("/loyalty/points")
async def loyalty_points(shop: TheShop, email: Text = "") -> Answer:
    """Return the points of an account."""
    name, at, domain = email.lower().partition("@")
    if not (name and at and "." in domain):
        return missing("That does not look like an e-mail address.", email=email)
    points = crc32(email.lower().encode()) % 1500
    level, following = next(
        (level, end) for level, end in (("bronze", 500), ("silver", 1000), ("gold", 1500)) if points < end
    )
    worth = pounds(points / 100)
    message = f"You have {points} points, worth {worth}, and {level} level."
    return {
        "found": True, "message": message, "email": email, "points": points, "level": level, "worth_text": worth,
        "next_level_points": 0 if level == "gold" else following - points,
    }  # fmt: skip


def _pieces(product: str, size: str, color: str, city: str) -> int:
    """Return the number of pieces in a store; about a third of the variants are sold out there."""
    chance = crc32(f"{product}|{size}|{color}|{city}".lower().encode())
    return chance % 9 if chance % 3 else 0


def _weekday(text: str, shop: Shop) -> str | None:
    words = text.lower()
    for word, days in (("today", 0), ("tonight", 0), ("tomorrow", 1)):
        if word in words:
            return data.WEEKDAYS[(shop.today() + timedelta(days=days)).weekday()]
    return next((day for day in data.WEEKDAYS if day in words or day[:3] in words.split()), None)


def _no_product(name: str) -> Answer:
    return missing(f"I'm sorry, we don't sell {name or 'that'}.", product=name)


def _no_store(city: str) -> Answer:
    known = ", ".join(store.city for store in data.STORES.values())
    return missing(f"We have no store in {city or 'that city'}; you find us in {known}.", city=city)
