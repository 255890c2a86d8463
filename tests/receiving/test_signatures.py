"""Each vendor's requests are told from all others: right, wrong, missing, old, repeated."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.cli.webhooks import webhooks
from service.receiving.passwords import BasicLogin
from service.receiving.proof import Proof, Sent, Verdict
from service.receiving.signatures import HmacSignature, TwilioSignature
from service.receiving.vendors import zendesk
from service.settings.receive import Receive
from tests.receiving.vendors import BODY, SECRET, VENDORS, Signing, Vendor

NOW = 1_790_000_000.0
KINDS = pytest.mark.parametrize("vendor", VENDORS.values(), ids=VENDORS)
TIMED = pytest.mark.parametrize(
    "vendor",
    [vendor for vendor in VENDORS.values() if vendor.signs_time],
    ids=[name for name, vendor in VENDORS.items() if vendor.signs_time],
)


def proof(vendor: Vendor, secret: str = SECRET) -> Proof:
    """As the settings make it."""
    section = Receive.model_validate(
        {"webhooks": {"it": {"topic": "t", "secret": secret, **vendor.settings}}}
    )
    (webhook,) = webhooks(section)
    return webhook.proof


def sent(signing: Signing, now: float = NOW) -> Sent:
    headers = {name.lower(): [value] for name, value in signing.headers.items()}
    return Sent(signing.query, headers, signing.body, now)


@KINDS
def test_what_the_vendor_signs_is_genuine_also_when_it_comes_again(vendor: Vendor) -> None:
    request = sent(vendor.sign(SECRET, BODY, NOW))
    judge = proof(vendor).judge
    assert [judge(request), judge(request)] == [Verdict.GENUINE] * 2


@KINDS
def test_each_line_of_the_secret_is_right_and_no_other(vendor: Vendor) -> None:
    both = proof(vendor, f"the-new-one\n {SECRET} \n\n")
    for secret in ("the-new-one", SECRET):
        assert both.judge(sent(vendor.sign(secret, BODY, NOW))) is Verdict.GENUINE
    for secret in (f"the-new-one\n{SECRET}", "the", "x"):
        assert both.judge(sent(vendor.sign(secret, BODY, NOW))) is Verdict.WRONG


@KINDS
def test_without_its_signature_it_is_missing(vendor: Vendor) -> None:
    signing = vendor.sign(SECRET, BODY, NOW)
    bare = {name: it for name, it in signing.headers.items() if name != vendor.header}
    query = signing.query if vendor.header else ""
    stripped = replace(signing, headers=bare, query=query)
    assert proof(vendor).judge(sent(stripped)) is Verdict.MISSING


@KINDS
@settings(max_examples=40)
@given(data=st.data())
def test_any_other_body_or_signature_is_wrong(vendor: Vendor, data: st.DataObject) -> None:
    right = vendor.sign(SECRET, BODY, NOW)
    kind = data.draw(st.sampled_from(["body", "signature", "query", "twice"]))
    headers, body, query = dict(right.headers), right.body, right.query
    if kind == "body":
        body = data.draw(st.binary().filter(lambda it: it != right.body))
    elif kind == "signature" and vendor.header:
        headers[vendor.header] = data.draw(st.text().filter(lambda it: it != ""))
        if headers[vendor.header].strip() == right.headers[vendor.header]:
            return
    elif kind == "query":
        query = data.draw(st.text(alphabet="abc=&%0123456789", min_size=1))
    request = sent(Signing(headers, body, query))
    if kind == "twice" and vendor.header:
        name = vendor.header.lower()
        request = replace(request, headers={**request.headers, name: [headers[vendor.header]] * 2})
    verdict = proof(vendor).judge(request)
    told_by_the_secret_alone = vendor.settings["signature"] in {"header", "basic"}
    covered = kind != "query" or vendor.settings["signature"] in {"twilio", "qiyu"}
    if request == sent(right) or (told_by_the_secret_alone and kind == "body") or not covered:
        assert verdict is Verdict.GENUINE
    else:
        assert verdict in {Verdict.WRONG, Verdict.MISSING}


@TIMED
@pytest.mark.parametrize("off", [-86_400, -301, 301, 86_400])
def test_a_time_that_is_signed_and_too_far_off_is_told_apart(vendor: Vendor, off: int) -> None:
    signing = vendor.sign(SECRET, BODY, NOW + off)
    assert proof(vendor).judge(sent(signing)) is Verdict.OLD


@TIMED
@pytest.mark.parametrize("off", [-299, 0, 299])
def test_a_time_within_five_minutes_is_borne(vendor: Vendor, off: int) -> None:
    assert proof(vendor).judge(sent(vendor.sign(SECRET, BODY, NOW + off))) is Verdict.GENUINE


@TIMED
def test_nobody_makes_an_old_request_young_without_the_secret(vendor: Vendor) -> None:
    old = vendor.sign(SECRET, BODY, NOW - 9_000)
    young = vendor.sign("not-the-secret", BODY, NOW)
    headers = {**young.headers}
    if vendor.header:
        headers[vendor.header] = old.headers[vendor.header]
        query = ""
    else:
        checksum = old.query.partition("checksum=")[2]
        query = f"{young.query.partition('&')[0]}&checksum={checksum}"
    assert proof(vendor).judge(sent(Signing(headers, BODY, query))) is Verdict.WRONG


@pytest.mark.parametrize("time", ["", "x", "-1", "9" * 17, "2026-01-01T00:00:00", "²", "nan"])
def test_a_signed_time_that_is_none_is_wrong(time: str) -> None:
    signature = HmacSignature((b"k",), "S", timestamp_header="T")
    expected = signature._expected(time.encode() + BODY)[0].decode()
    request = Sent("", {"s": [expected], "t": [time]}, BODY, NOW)
    assert signature.judge(request) is Verdict.WRONG


# Vectors that vendors publish


def test_twilio_published_vector_of_a_form() -> None:
    """https://www.twilio.com/docs/usage/webhooks/webhooks-security, and the tests of its
    libraries."""
    signature = TwilioSignature((b"12345",), "https://mycompany.com/myapp.php")
    body = (
        b"Digits=1234&To=%2B18005551212&From=%2B14158675309"
        b"&Caller=%2B14158675309&CallSid=CA1234567890ABCDE"
    )
    headers = {
        "x-twilio-signature": ["RSOYDt4T1cUTdK1PDd93/VVr8B8="],
        "content-type": ["application/x-www-form-urlencoded; charset=UTF-8"],
    }
    assert signature.judge(Sent("foo=1&bar=2", headers, body, NOW)) is Verdict.GENUINE
    assert signature.judge(Sent("foo=1&bar=3", headers, body, NOW)) is Verdict.WRONG
    assert signature.judge(Sent("foo=1&bar=2", headers, body + b"&X=", NOW)) is Verdict.WRONG


def test_twilio_published_vector_of_a_json_body() -> None:
    """From the tests of its libraries."""
    signature = TwilioSignature((b"12345",), "https://mycompany.com/myapp.php")
    body = b'{"property": "value", "boolean": true}'
    digest = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
    headers = {
        "x-twilio-signature": ["a9nBmqA0ju/hNViExpshrM61xv4="],
        "content-type": ["application/json"],
    }
    query = f"foo=1&bar=2&bodySHA256={digest}"
    assert signature.judge(Sent(query, headers, body, NOW)) is Verdict.GENUINE
    assert signature.judge(Sent(query, headers, body + b" ", NOW)) is Verdict.WRONG


def test_twilio_does_not_cover_a_body_that_is_neither_form_nor_hashed() -> None:
    vendor = VENDORS["twilio"]
    right = vendor.sign(SECRET, BODY, NOW)
    bare = TwilioSignature((SECRET.encode(),), "https://hooks.example/twilio")
    signed = VENDORS["twilio-form"].sign(SECRET, b"", NOW).headers["X-Twilio-Signature"]
    headers = {**right.headers, "X-Twilio-Signature": signed}
    assert bare.judge(sent(Signing(headers, BODY, ""))) is Verdict.WRONG


def test_rfc_4231_published_vector_of_hmac() -> None:
    """Its second case: key "Jefe"."""
    body = b"what do ya want for nothing?"
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    signature = HmacSignature((b"Jefe",), "X-Signature")
    assert signature.judge(Sent("", {"x-signature": [expected]}, body, NOW)) is Verdict.GENUINE


def test_rfc_7617_published_vector_of_a_login() -> None:
    """Its user Aladdin."""
    login = BasicLogin((b"open sesame",), "Aladdin")
    headers = {"authorization": ["Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="]}
    assert login.judge(Sent("", headers, b"", NOW)) is Verdict.GENUINE


def test_zendesk_published_secret_of_test_requests() -> None:
    """Before a webhook is saved they are signed with a secret that everybody knows."""
    published = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="
    assert base64.b64decode(published) == b"this_secret_is_for_testing_only"
    request = sent(VENDORS["zendesk"].sign(published, BODY, NOW))
    # As it stands there, not decoded.
    assert zendesk((published.encode(),)).judge(request) is Verdict.GENUINE


def test_no_proof_shows_its_secret() -> None:
    for vendor in VENDORS.values():
        assert SECRET not in repr(proof(vendor))
