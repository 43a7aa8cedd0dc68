from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient

from serving.demo import data
from serving.demo.api import create_demo_app


@pytest.fixture
def shop() -> Iterator[TestClient]:
    with TestClient(create_demo_app(today=lambda: date(2026, 11, 23))) as client:
        yield client


@pytest.mark.parametrize("written", ["ORD-1042", "ord1042", "%231042", "1042", "order 1042", "ord 1042"])
def test_get_order_reads_the_id_as_customers_write_it(shop: TestClient, written: str) -> None:
    order = shop.get(f"/orders/{written}").json()
    assert (order["order_id"], order["status"], order["total_text"]) == ("ORD-1042", "shipped", "£89.00")
    assert order["tracking_number"] == "PX204518867GB"
    assert order["expected_text"] == "Thursday 26 November"


UNKNOWN = [
    "/orders/ORD-7",
    "/orders/none",
    "/parcels/PX1GB",
    "/refunds/9",
    "/stores?city=Rome",
    "/pickup-points?city=",
    "/products/price?product=car",
    "/products/stock?product=tent&city=Rome",
    "/shipping/quote?country=Mars",
    "/loyalty/points?email=nobody",
]


@pytest.mark.parametrize("path", UNKNOWN)
def test_get_unknown_thing_says_so_politely(shop: TestClient, path: str) -> None:
    response = shop.get(path)
    assert response.status_code == 200
    assert response.json()["found"] is False
    assert response.json()["message"].endswith((".", "?"))


def test_every_parcel_of_an_order_is_found(shop: TestClient) -> None:
    orders = [data.make_order(number) for number in range(data.FIRST_ORDER, data.LAST_ORDER + 1)]
    numbers = [order.tracking_number for order in orders if order.tracking_number]
    assert len(set(numbers)) == len(numbers)
    for number in numbers[::50]:
        assert shop.get(f"/parcels/{number}").json()["found"]


def test_get_parcel_reads_digits_and_spaces(shop: TestClient) -> None:
    for written in ("px 204518867 gb", "204518867", "PX204518867GB"):
        assert shop.get(f"/parcels/{written}").json()["tracking_number"] == "PX204518867GB"


@pytest.mark.parametrize(
    ("words", "pieces"),
    [
        ("2", 2),
        ("two", 2),
        ("a pair of", 1),
        ("a dozen", 12),
        ("couple of", 2),
        ("0", None),
        ("many", None),
        ("5000", None),
        ("two hundred", None),
        ("1.5", None),
        ("-3", None),
    ],
)
def test_read_quantity(words: str, pieces: int | None) -> None:
    assert data.read_quantity(words) == pieces


def test_order_product_makes_an_order_that_can_be_tracked_and_cancelled(shop: TestClient) -> None:
    made = shop.post("/orders", json={"product": "tents", "quantity": "two", "color": None}).json()
    assert (made["order_id"], made["total_text"]) == ("ORD-2000", "£438.00")
    assert shop.get("/orders/2000").json()["status"] == "processing"
    assert shop.post("/orders/2000/cancel", json={}).json()["ok"] is True
    assert shop.get("/orders/2000").json()["status"] == "cancelled"
    assert shop.post("/orders/2000/cancel").json()["ok"] is False


def test_action_with_the_same_key_happens_once(shop: TestClient) -> None:
    body = {"product": "tent", "quantity": 1}
    answers = [shop.post("/orders", json=body, headers={"Idempotency-Key": "k1"}).json() for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    effects = shop.get("/effects").json()
    assert [effect["idempotency_key"] for effect in effects["effects"]] == ["k1"]


def test_action_with_a_key_of_another_request_is_refused(shop: TestClient) -> None:
    shop.post("/orders/1044/cancel", headers={"Idempotency-Key": "k1"})
    response = shop.post("/orders/1050/cancel", headers={"Idempotency-Key": "k1"})
    assert (response.status_code, response.json()["error"]) == (422, "idempotency_key_reused")


def test_action_that_did_not_happen_leaves_no_effect(shop: TestClient) -> None:
    assert shop.post("/orders/1043/cancel").json()["ok"] is False
    assert shop.get("/effects").json() == {"count": 0, "effects": []}


def test_action_without_a_required_field_is_refused(shop: TestClient) -> None:
    response = shop.put("/orders/1044/address", json={})
    assert response.status_code == 422
    assert response.json()["error"] == "invalid_request"
    assert "address" in response.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/orders/1044/address", {"address": "1 High Street"}),
        ("PUT", "/orders/1044/shipping", {"shipping_method": "Express"}),
        ("POST", "/parcels/204518867/reschedule", {"date": "tomorrow", "time_window": ""}),
        ("POST", "/refunds", {"order_id": "1043", "return_reason": "damaged"}),
        ("POST", "/returns", {"order_id": "1043", "product": "tent"}),
        ("POST", "/discount-codes/apply", {"discount_code": "save10"}),
    ],
)
def test_action_leaves_one_effect(shop: TestClient, method: str, path: str, body: dict[str, Any]) -> None:
    answer = shop.request(method, path, json=body).json()
    assert (answer["found"], answer["ok"]) == (True, True)
    assert shop.get("/effects").json()["count"] == 1


def test_refund_status_follows_the_request(shop: TestClient) -> None:
    before = shop.get("/refunds/ORD-1044").json()
    shop.post("/refunds", json={"order_id": "ORD-1044", "return_reason": "changed mind"})
    after = shop.get("/refunds/RF-1044").json()
    assert (before["status"], after["status"], after["refund_id"]) == ("none", "requested", "RF-1044")


@pytest.mark.parametrize(
    ("words", "day"), [("saturday", "saturday"), ("tomorrow", "tuesday"), ("24/12", None), ("", None)]
)
def test_hours_understands_days(shop: TestClient, words: str, day: str | None) -> None:
    answer = shop.get("/stores/hours", params={"city": "bristol", "date": words}).json()
    assert (answer["found"], answer["day"], answer["hours_today"]) == (True, day, "9:00 to 18:00")


def test_shipping_quote_home_and_abroad(shop: TestClient) -> None:
    home = shop.get("/shipping/quote", params={"shipping_method": "next day"}).json()
    abroad = shop.get("/shipping/quote", params={"country": "france", "shipping_method": "express"}).json()
    assert (home["country"], home["days_text"]) == ("United Kingdom", "1 working day")
    assert abroad["days_max"] < shop.get("/shipping/quote?country=France").json()["days_max"]
    assert shop.get("/shipping/quote?country=France&shipping_method=locker").json()["found"] is False


def test_forget_effects_starts_again(shop: TestClient) -> None:
    shop.post("/orders/1044/cancel")
    assert shop.delete("/effects").json()["count"] == 0
    assert shop.get("/orders/1044").json()["status"] == "processing"


def test_faults_lose_the_answers_of_actions_and_not_the_actions(shop: TestClient) -> None:
    body, key = {"product": "tent", "quantity": "1"}, {"Idempotency-Key": "k1"}
    shop.post("/faults", json={"kind": "bad_gateway"})
    assert shop.get("/orders/1042").status_code == 200
    assert shop.post("/orders", json=body, headers=key).status_code == 502
    assert shop.get("/effects").json()["count"] == 1
    assert shop.post("/orders", json=body, headers=key).json()["ok"]
    assert shop.get("/effects").json()["count"] == 1
    shop.post("/faults", json={"kind": "late", "seconds": 0})
    assert shop.post("/orders", json=body).json()["ok"]
    shop.post("/faults", json={"kind": "bad_gateway", "count": 9})
    shop.delete("/faults")
    assert shop.post("/orders", json=body).status_code == 200
