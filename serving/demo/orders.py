"""Orders, refunds and returns of the demo shop."""

from dataclasses import replace

from fastapi import APIRouter

from serving.demo import data
from serving.demo.shop import (
    Answer,
    Key,
    NewAddress,
    NewOrder,
    NewRefund,
    NewReturn,
    NewShipping,
    TheShop,
    missing,
    no_order,
    pounds,
)

orders_router = APIRouter(prefix="/orders", tags=["orders"])


@orders_router.get("/{order_id}")
async def get_order(shop: TheShop, order_id: str) -> Answer:
    """Return the status of an order."""
    order = shop.order(order_id)
    if order is None:
        return no_order(order_id)
    when = shop.day(order.days_to_go)
    what = f"{order.quantity} x {order.product}"
    message = {
        "processing": f"We are preparing order {order.id} ({what}). It should be with you on {when}.",
        "packed": f"Order {order.id} ({what}) is packed and leaves us today. It should be with you on {when}.",
        "shipped": f"Order {order.id} ({what}) is on its way and should be with you on {when}.",
        "out for delivery": f"Order {order.id} ({what}) is out for delivery and arrives today.",
        "delivered": f"Order {order.id} ({what}) was delivered.",
        "cancelled": f"Order {order.id} ({what}) was cancelled.",
    }[order.status]
    return {
        "found": True, "message": message, "order_id": order.id, "status": order.status, "product": order.product,
        "quantity": order.quantity, "total": order.total, "total_text": pounds(order.total), "city": order.city,
        "shipping_method": order.shipping_method, "tracking_number": order.tracking_number, "expected_text": when,
    }  # fmt: skip


@orders_router.post("")
async def order_product(shop: TheShop, body: NewOrder, key: Key = None) -> Answer:
    """Place an order."""

    def act() -> Answer:
        product, quantity = data.find_product(body.product), data.read_quantity(body.quantity)
        if product is None:
            return missing(f"I'm sorry, we don't sell {body.product}.", product=body.product)
        if quantity is None:
            message = f"I can order 1 to 99 pieces, not {body.quantity}."
            return {"found": True, "ok": False, "message": message, "product": product.name}
        order, when = shop.new_order(product, quantity), shop.day(3)
        message = f"Done! Order {order.id}: {quantity} x {product.name} for {pounds(order.total)}, with you on {when}."
        return {
            "found": True, "ok": True, "message": message, "order_id": order.id, "product": product.name,
            "quantity": quantity, "size": body.size, "color": body.color, "total": order.total,
            "total_text": pounds(order.total), "expected_text": when,
        }  # fmt: skip

    return shop.once(key, kind="order_product", subject=body.product, body=body, act=act)


@orders_router.post("/{order_id}/cancel")
async def cancel_order(shop: TheShop, order_id: str, key: Key = None) -> Answer:
    """Cancel an order that has not left yet."""

    def act() -> Answer:
        order = shop.order(order_id)
        if order is None:
            return no_order(order_id)
        facts: Answer = {"found": True, "ok": False, "order_id": order.id, "status": order.status}
        facts["refund_text"] = pounds(order.total)
        if order.status == "cancelled":
            return {**facts, "message": f"Order {order.id} was cancelled before."}
        if order.status not in ("processing", "packed"):
            return {
                **facts,
                "message": f"Order {order.id} is already {order.status}, so I can't cancel it. You can return it.",
            }
        shop.keep(replace(order, status="cancelled"))
        message = f"Order {order.id} is cancelled. You get {pounds(order.total)} back within 3 days."
        return {**facts, "ok": True, "status": "cancelled", "message": message}

    return shop.once(key, kind="cancel_order", subject=order_id, body=None, act=act)


@orders_router.put("/{order_id}/address")
async def change_address(shop: TheShop, order_id: str, body: NewAddress, key: Key = None) -> Answer:
    """Change the delivery address of an order."""

    def act() -> Answer:
        order = shop.order(order_id)
        if order is None:
            return no_order(order_id)
        when = shop.day(order.days_to_go)
        facts: Answer = {
            "found": True,
            "ok": False,
            "order_id": order.id,
            "address": body.address,
            "expected_text": when,
        }
        if order.status in ("out for delivery", "delivered", "cancelled"):
            return {
                **facts,
                "message": f"Order {order.id} is {order.status}, so its address can't be changed any more.",
            }
        shop.keep(replace(order, address=body.address))
        return {**facts, "ok": True, "message": f"Order {order.id} now goes to {body.address}, on {when}."}

    return shop.once(key, kind="change_address", subject=order_id, body=body, act=act)


@orders_router.put("/{order_id}/shipping")
async def change_shipping(shop: TheShop, order_id: str, body: NewShipping, key: Key = None) -> Answer:
    """Change the shipping method of an order."""

    def act() -> Answer:
        order, method = shop.order(order_id), body.shipping_method.lower()
        if order is None:
            return no_order(order_id)
        facts: Answer = {"found": True, "ok": False, "order_id": order.id, "shipping_method": method}
        if method not in data.SHIPPING_METHODS:
            return {**facts, "message": f"We offer {', '.join(data.SHIPPING_METHODS)}, but not {method}."}
        if order.status not in ("processing", "packed"):
            return {
                **facts,
                "message": f"Order {order.id} is {order.status}, so its delivery can't be changed any more.",
            }
        extra, days = data.SHIPPING_METHODS[method]
        order = replace(order, shipping_method=method, days_to_go=days[1] if days else order.days_to_go)
        shop.keep(order)
        when, cost = shop.day(order.days_to_go), max(extra, 0.0)
        message = f"Order {order.id} now goes by {method} for {pounds(cost)} more and arrives on {when}."
        return {
            **facts,
            "ok": True,
            "message": message,
            "extra_cost": cost,
            "extra_cost_text": pounds(cost),
            "expected_text": when,
        }

    return shop.once(key, kind="change_shipping", subject=order_id, body=body, act=act)


refunds_router = APIRouter(tags=["refunds and returns"])


@refunds_router.post("/refunds")
async def request_refund(shop: TheShop, body: NewRefund, key: Key = None) -> Answer:
    """Request a refund for an order."""

    def act() -> Answer:
        order = shop.order(body.order_id)
        if order is None:
            return no_order(body.order_id)
        facts: Answer = {
            "found": True, "ok": True, "refund_id": f"RF-{order.number}", "order_id": order.id,
            "reason": body.return_reason,
            "amount": order.total, "amount_text": pounds(order.total), "expected_text": shop.day(5),
        }  # fmt: skip
        if shop.refunds.get(order.number):
            return {
                **facts,
                "ok": False,
                "message": f"You have asked for this refund before; it is {facts['refund_id']}.",
            }
        shop.refunds[order.number] = "requested"
        refund_id, amount, when = facts["refund_id"], facts["amount_text"], facts["expected_text"]
        message = f"Refund {refund_id} of {amount} is requested; expect it by {when}."
        return {**facts, "message": message}

    return shop.once(key, kind="request_refund", subject=body.order_id, body=body, act=act)


@refunds_router.get("/refunds/{order_id}")
async def refund_status(shop: TheShop, order_id: str) -> Answer:
    """Return the status of a refund."""
    order = shop.order(order_id)
    if order is None:
        return no_order(order_id)
    by_age = ("none", "approved", "paid")[order.number % 3] if order.status in ("delivered", "cancelled") else "none"
    status = shop.refunds.get(order.number, by_age)
    amount, when = pounds(order.total), shop.day(5)
    message = {
        "none": f"There is no refund for order {order.id}.",
        "requested": f"Your refund of {amount} for order {order.id} is being checked; expect it by {when}.",
        "approved": f"Your refund of {amount} for order {order.id} is approved and arrives by {when}.",
        "paid": f"Your refund of {amount} for order {order.id} was paid.",
    }[status]
    return {
        "found": True, "message": message, "refund_id": f"RF-{order.number}", "order_id": order.id, "status": status,
        "amount": order.total, "amount_text": amount, "expected_text": when,
    }  # fmt: skip


@refunds_router.post("/returns")
async def return_item(shop: TheShop, body: NewReturn, key: Key = None) -> Answer:
    """Announce a return."""

    def act() -> Answer:
        order = shop.order(body.order_id)
        if order is None:
            return no_order(body.order_id)
        by = shop.day(14)
        message = f"Print the label and drop the {body.product} off by {by}. Your return is RT-{order.number}."
        return {
            "found": True, "ok": True, "message": message, "return_id": f"RT-{order.number}", "order_id": order.id,
            "product": body.product, "reason": body.return_reason, "drop_off_by_text": by,
            "label_url": f"https://shop.example/labels/RT-{order.number}.pdf",
        }  # fmt: skip

    return shop.once(key, kind="return_item", subject=body.order_id, body=body, act=act)
