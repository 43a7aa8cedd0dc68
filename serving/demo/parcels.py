"""Parcels, pickup points and shipping costs of the demo shop."""

from zlib import crc32

from fastapi import APIRouter

from serving.demo import data
from serving.demo.shop import Answer, Key, NewDeliveryDay, Text, TheShop, missing, pounds

parcels_router = APIRouter(tags=["parcels and shipping"])


@parcels_router.get("/parcels/{tracking_number}")
async def get_parcel(shop: TheShop, tracking_number: str) -> Answer:
    """Return the location of a parcel."""
    tidy = _known_parcel(tracking_number)
    if tidy is None:
        return _no_parcel(tracking_number)
    number = data.ORDER_BY_TRACKING_NUMBER.get(tidy)
    order = shop.order(str(number)) if number else None
    chance = crc32(tidy.encode())
    status = ("in transit", "at customs", "at the depot", "out for delivery", "delivered")[chance % 5]
    if order is not None:
        status = {"out for delivery": "out for delivery", "delivered": "delivered"}.get(order.status, "in transit")
    place = order.city if order else list(data.STORES.values())[chance % len(data.STORES)].city
    event = f"scanned at the {place} depot" if status != "delivered" else f"handed over in {place}"
    when = shop.day(order.days_to_go if order else 1 + chance % 4)
    ending = "." if status == "delivered" else f" and should arrive on {when}."
    return {
        "found": True, "message": f"Parcel {tidy} is {status}; last {event}{ending}", "tracking_number": tidy,
        "status": status, "last_place": place, "last_event": event, "expected_text": when,
    }  # fmt: skip


@parcels_router.post("/parcels/{tracking_number}/reschedule")
async def reschedule(shop: TheShop, tracking_number: str, body: NewDeliveryDay, key: Key = None) -> Answer:
    """Deliver a parcel on another day."""

    def act() -> Answer:
        tidy = _known_parcel(tracking_number)
        if tidy is None:
            return _no_parcel(tracking_number)
        window = body.time_window or "any time"
        message = f"Parcel {tidy} will come on {body.date}, {window}."
        return {
            "found": True,
            "ok": True,
            "message": message,
            "tracking_number": tidy,
            "date": body.date,
            "time_window": window,
        }

    return shop.once(key, kind="reschedule", subject=tracking_number, body=body, act=act)


@parcels_router.get("/pickup-points")
async def pickup_points(shop: TheShop, city: Text = "") -> Answer:
    """List lockers and pickup shops of a city."""
    store = data.STORES.get(city.lower())
    if store is None:
        return missing(f"We have no pickup points in {city or 'that city'} yet.", city=city)
    points = [
        {"name": f"{store.city} store", "address": store.address, "kind": "shop", "hours": store.hours["monday"]},
        {
            "name": f"{store.city} station lockers",
            "address": "at the railway station",
            "kind": "locker",
            "hours": "day and night",
        },
    ]
    message = (
        f"In {store.city}: "
        + " and ".join(f"{point['name']} ({point['address']}, {point['hours']})" for point in points)
        + "."
    )
    return {"found": True, "message": message, "city": store.city, "count": len(points), "pickup_points": points}


@parcels_router.get("/shipping/quote")
async def shipping_quote(shop: TheShop, country: Text = "", shipping_method: Text = "") -> Answer:
    """Return the cost and duration of a delivery."""
    name, method = data.COUNTRY_NAMES.get(country.lower(), country.lower()), shipping_method.lower() or "standard"
    destination = data.DESTINATIONS.get(name)
    if destination is None:
        return missing(f"I'm sorry, we don't ship to {country}.", country=country)
    abroad = destination.name != "United Kingdom"
    if method not in data.SHIPPING_METHODS or (abroad and method in data.HOME_ONLY_METHODS):
        return missing(
            f"{method.capitalize()} delivery is not offered to {destination.name}.", country=destination.name
        )
    extra, fixed = data.SHIPPING_METHODS[method]
    first, last = fixed if fixed and not abroad else destination.days
    if fixed and abroad:
        first, last = first - 1, last - 2
    cost = max(destination.standard_cost + extra, 0.0)
    days = f"{first} to {last} working days" if first != last else f"{first} working day"
    message = f"{method.capitalize()} delivery to {destination.name} costs {pounds(cost)} and takes {days}."
    return {
        "found": True, "message": message, "country": destination.name, "shipping_method": method, "cost": cost,
        "cost_text": pounds(cost), "days_min": first, "days_max": last, "days_text": days,
        "expected_text": shop.day(last),
        "free_from_text": pounds(data.FREE_SHIPPING_FROM), "customs": destination.customs,
    }  # fmt: skip


def _known_parcel(text: str) -> str | None:
    tidy = data.read_tracking_number(text)
    return tidy if tidy is not None and tidy.startswith("PX2") else None


def _no_parcel(text: str) -> Answer:
    message = f"I can't find a parcel {text}. Tracking numbers look like PX204518867GB."
    return missing(message, tracking_number=text)
