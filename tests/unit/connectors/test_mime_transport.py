"""Which time of arrival a mail itself vouches for."""

from __future__ import annotations

from datetime import UTC, datetime

from connectors.api import Message, parse_message


def test_the_time_of_transport_is_the_last_server_s_word_and_not_the_sender_s() -> None:
    raw = (
        b"Received: from mx.client.example by mx.acme.example with ESMTPS id 4;\r\n\tTue, 3 Mar 2026 10:00:05 +0330\r\n"
        b"Received: from nowhere by forged.example; Mon, 1 Jan 2001 00:00:00 +0000\r\n\r\nx"
    )
    message = parse_message(raw, ref="1")
    assert isinstance(message, Message)
    assert message.transported_at == datetime(2026, 3, 3, 6, 30, 5, tzinfo=UTC)
