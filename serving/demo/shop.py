"""State of the demo shop during a run, and the shapes of its requests."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from serving.demo import data

Answer = dict[str, Any]


def _as_text(value: object) -> str:
    return "" if value is None else str(value).strip()


Text = Annotated[str, BeforeValidator(_as_text), Field(max_length=500)]
Key = Annotated[str | None, Header(alias="Idempotency-Key", max_length=200)]
Needed = Annotated[str, BeforeValidator(_as_text), Field(min_length=1, max_length=500)]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class NewOrder(_Body):
    """Body of `POST /orders`."""

    product: Needed
    quantity: Needed
    size: Text = ""
    color: Text = ""


class NewAddress(_Body):
    """Body of `PUT /orders/{order_id}/address`."""

    address: Needed


class NewShipping(_Body):
    """Body of `PUT /orders/{order_id}/shipping`."""

    shipping_method: Needed


class NewDeliveryDay(_Body):
    """Body of `POST /parcels/{tracking_number}/reschedule`."""

    date: Needed
    time_window: Text = ""


class NewRefund(_Body):
    """Body of `POST /refunds`."""

    order_id: Needed
    return_reason: Needed


class NewReturn(_Body):
    """Body of `POST /returns`."""

    order_id: Needed
    product: Needed
    return_reason: Text = ""


class Discount(_Body):
    """Body of `POST /discount-codes/apply`."""

    discount_code: Needed


@dataclass(frozen=True)
class Effect:
    """A side effect that happened."""

    number: int
    kind: str
    subject: str
    idempotency_key: str | None
    details: Answer


class IdempotencyKeyReused(Exception):
    """The key was sent before, with another request."""


class Shop:
    """Orders, refunds and effects of one run, in memory; `today` gives the day from which deliveries are counted.

    Its methods never wait, so on one event loop each of them is atomic and no lock is needed.
    """

    def __init__(self, today: Callable[[], date]) -> None:
        self.today = today
        self.forget()

    def forget(self) -> None:
        """Reset: no effects, no new orders, no keys."""
        self.effects: list[Effect] = []
        self.refunds: dict[int, str] = {}
        self._orders: dict[int, data.Order] = {}
        self._answers: dict[str, tuple[str, Answer]] = {}
        self._next_order = data.LAST_ORDER + 1

    def order(self, text: str) -> data.Order | None:
        """Find an order by a customer's input."""
        number = data.read_order_number(text)
        if number is None:
            return None
        if number in self._orders:
            return self._orders[number]
        return data.make_order(number) if data.FIRST_ORDER <= number <= data.LAST_ORDER else None

    def keep(self, order: data.Order) -> None:
        """Store a changed order."""
        self._orders[order.number] = order

    def new_order(self, product: data.Product, quantity: int) -> data.Order:
        """Create and store an order."""
        number, self._next_order = self._next_order, self._next_order + 1
        total = round(product.price * quantity, 2)
        order = data.Order(number, product.name, quantity, total, "processing", "standard", "Bristol", 3)
        self.keep(order)
        return order

    def once(
        self, key: str | None, *, kind: str, subject: str, body: BaseModel | None, act: Callable[[], Answer]
    ) -> Answer:
        """Run an action, or return its earlier answer if the same key was sent before.

        `kind` and `subject` go to the effect log. The answer's `ok` tells whether something happened. Raises
        IdempotencyKeyReused if the key was sent with another request; without a key, the action runs every time.
        """
        details = body.model_dump() if body else {}
        request = repr((kind, subject, details))
        if key is not None and key in self._answers:
            known, answer = self._answers[key]
            if known != request:
                raise IdempotencyKeyReused
            return answer
        answer = act()
        if answer.get("ok"):
            self.effects.append(Effect(len(self.effects) + 1, kind, subject, key, details))
        if key is not None:
            self._answers[key] = (request, answer)
        return answer

    def day(self, days: int) -> str:
        """Return the date in that many days, as text."""
        day = self.today() + timedelta(days=days)
        return f"{day:%A} {day.day} {day:%B}"


def pounds(amount: float) -> str:
    """Format an amount of money."""
    return f"£{amount:,.2f}"


def missing(message: str, **facts: Any) -> Answer:
    """Answer that something does not exist."""
    return {"found": False, "ok": False, "message": message, **facts}


def no_order(order_id: str) -> Answer:
    """Answer that an order does not exist."""
    return missing(f"I can't find an order {order_id}. Order numbers look like ORD-1042.", order_id=order_id)


def the_shop(request: Request) -> Shop:
    """Return the shop of the route's application."""
    shop: Shop = request.app.state.shop
    return shop


TheShop = Annotated[Shop, Depends(the_shop)]
