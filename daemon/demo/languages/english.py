"""English."""

from __future__ import annotations

from daemon.demo.language import Language, Topic, in_turn

ENGLISH = Language(
    greeting="Dear {name},",
    closing="Best regards,",
    wrote="{name} wrote:",
    reply="Re: ",
    products=("submersible pumps", "solar pump kits", "pressure sensors", "control cabinets", "drip lines"),
    places=("Ras Al Khaimah", "the northern fields", "Inverness", "Khanbogd", "the second site"),
    topics=(
        Topic(
            "Quote for {count} {product}",
            in_turn("""
                We need {count} {product} for {place}. Could you send us a quote with the delivery time and the terms
                of payment?

                Thank you for asking. The quote is attached: {count} {product}, delivered within five weeks, 30 % with
                the order and the rest on delivery.

                The price is fine, but five weeks is late for us, the season begins before that. What can you do?

                We can send half of them from stock in ten days and the rest four weeks later. Shall I write the order
                like this?

                Yes, please. Our order {number} follows tomorrow.

                Received, thank you. You will hear from me when the first half leaves the warehouse.
            """),
            attachment="Quote {number}.pdf",
        ),
        Topic(
            "Order {number}: when will it arrive?",
            in_turn("""
                Our people in {place} are waiting for the {product}. Do you know which day the truck arrives?

                It left on Monday and is at customs now. I expect it with you on Thursday, before noon.

                It is Thursday evening and there is no truck. Please find out where it is.

                I am sorry: one paper was missing at the border. They drive on tonight and will be there at nine.

                All {count} pieces arrived in good order. Thank you for your help.
            """),
        ),
        Topic(
            "Visit to {place} next week",
            in_turn("""
                I will be in your region next week and would like to see how the {product} do at {place}. Would
                Wednesday morning suit you?

                Wednesday is good. Please come at ten, our foreman will take you around.

                Thank you, I will be there. Is there anything I should bring?

                Two spare seals and the manual in print, if you can.
            """),
            is_asked=False,
        ),
        Topic(
            "One of the {product} is noisy",
            in_turn("""
                Since the weekend one of the {count} {product} at {place} makes a grinding noise. A recording is
                hard to send. What should we look at?

                Please switch it off and look at the inlet: it is sand in most cases. Which serial number is on the
                plate?

                It was sand indeed, and the number is {number}. It runs quietly again. Do we need a finer filter?

                Yes, I would take the 50 micron one. I put two on our account into your next box.

                That is kind. Thank you for the quick answer!
            """),
        ),
        Topic(
            "Invoice {number}",
            in_turn("""
                Please find attached our invoice for the {count} {product}. It is due in thirty days.

                Thank you. Our accounting asks for the purchase order number on it, could you add that?

                Of course. The corrected invoice is attached, with the number at the top.

                Paid today, you should have it by Friday.
            """),
            is_asked=False,
            attachment="Invoice {number}.pdf",
        ),
        Topic(
            "Frame agreement for next year",
            in_turn("""
                We expect to need about {count} {product} a quarter next year. Could we agree on a price for the whole
                year?

                Gladly. From {count} a quarter on I can offer nine per cent, with the price fixed until December. A
                draft is attached.

                Our lawyer has two remarks, on the warranty and on the place of delivery. Otherwise we are ready to
                sign.

                Both are fine with us. Shall we sign it when we meet at {place}?

                Let us do that. I look forward to it.
            """),
            attachment="Agreement {number}.docx",
        ),
        Topic(
            "Spare parts list",
            in_turn("""
                Could you send us the list of spare parts for the {product}, with prices?

                Attached. What you will need first are seals and bearings, the rest lasts for years.

                Then please send us {count} sets of seals to {place}.
            """),
            attachment="Spare parts.xlsx",
        ),
    ),
)
